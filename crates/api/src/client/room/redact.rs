//! `PUT /_matrix/client/v3/rooms/{roomId}/redact/{eventId}/{txnId}`: takes back what was said.

use ruma_client_api::redact::redact_event::v3::{Request, Response};

use super::send::transaction;
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let Request { room_id, event_id, txn_id, reason, .. } = call.request;
    let transaction = transaction(&call.who, txn_id.as_str())?;
    let target = (&*event_id, reason);
    let redaction = app.rooms.redact(&call.who.user_id, &room_id, target, transaction).await?;
    Ok(Response::new(redaction))
}
