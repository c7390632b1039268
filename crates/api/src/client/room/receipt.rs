//! `POST /_matrix/client/v3/rooms/{roomId}/receipt/{receiptType}/{eventId}`: says how far a person
//! has read.

use rooms::ReceiptKind;
use ruma_client_api::receipt::create_receipt::v3::{ReceiptType, Request, Response};
use ruma_common::{EventId, RoomId, UserId};
use ruma_events::receipt::ReceiptThread;

use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let Request { room_id, receipt_type, event_id, thread, .. } = call.request;
    let user = &call.who.user_id;
    let thread = match &thread {
        ReceiptThread::Unthreaded => None,
        ReceiptThread::Main => Some("main"),
        ReceiptThread::Thread(root) => Some(root.as_str()),
        _ => return Err(ApiError::invalid_param("thread_id must be main or an event id")),
    };
    require_readable(&app, user, (&room_id, &event_id)).await?;
    let kind = match receipt_type {
        ReceiptType::Read => ReceiptKind::Read,
        ReceiptType::ReadPrivate => ReceiptKind::Private,
        ReceiptType::FullyRead if thread.is_none() => {
            app.devices.set_fully_read(user, &room_id, &event_id).await?;
            return Ok(Response::new());
        }
        ReceiptType::FullyRead => {
            return Err(ApiError::invalid_param("m.fully_read belongs to no thread"));
        }
        other => return Err(ApiError::invalid_param(format!("there is no receipt {other}"))),
    };
    app.rooms.set_receipt(user, &room_id, &event_id, (kind, thread)).await?;
    Ok(Response::new())
}

/// Refuses a marker by who is not in the room, or on what they may not see.
pub(super) async fn require_readable(
    app: &App,
    user: &UserId,
    (room_id, event_id): (&RoomId, &EventId),
) -> Result<(), ApiError> {
    app.rooms.require_member(user, room_id).await?;
    let viewer = app.rooms.reader(user, room_id, None).await?;
    app.rooms.event(&viewer, event_id).await?;
    Ok(())
}
