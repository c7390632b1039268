//! `POST /_matrix/client/v3/rooms/{roomId}/read_markers`: says how far a person has read, in one
//! request for all markers.

use rooms::ReceiptKind;
use ruma_client_api::read_marker::set_read_marker::v3::{Request, Response};

use super::receipt::require_readable;
use crate::{ApiError, App, Call};

/// Handles the call. Either all markers are good, or none moves.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let Request { room_id, fully_read, read_receipt, private_read_receipt, .. } = call.request;
    let user = &call.who.user_id;
    app.rooms.require_member(user, &room_id).await?;
    for event in [&fully_read, &read_receipt, &private_read_receipt].into_iter().flatten() {
        require_readable(&app, user, (&room_id, event)).await?;
    }
    if let Some(event) = fully_read {
        app.devices.set_fully_read(user, &room_id, &event).await?;
    }
    let receipts =
        [(ReceiptKind::Read, read_receipt), (ReceiptKind::Private, private_read_receipt)];
    for (kind, event) in receipts {
        if let Some(event) = event {
            app.rooms.set_receipt(user, &room_id, &event, (kind, None)).await?;
        }
    }
    Ok(Response::new())
}
