//! `PUT /_matrix/client/v3/rooms/{roomId}/send/{eventType}/{txnId}`: says something.

use rooms::Transaction;
use rules::build::Draft;
use ruma_client_api::message::send_message_event::v3::{Request, Response};
use serde_json::Value;

use crate::{ApiError, App, Call, Caller};

/// Handles the call. `ts` is for application services alone: others cannot choose the time.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let Request { room_id, event_type, txn_id, body, .. } = call.request;
    let kind = event_type.to_string();
    let content: Value = serde_json::from_str(body.json().get())
        .map_err(|error| ApiError::bad_json(error.to_string()))?;
    let transaction = transaction(&call.who, txn_id.as_str())?;
    if kind == "m.room.message" {
        require_message(&content)?;
    }
    let draft = Draft::message(&kind, content);
    let sent = app.rooms.send(&call.who.user_id, &room_id, draft, Some(transaction)).await?;
    Ok(Response::new(sent))
}

/// The device's name for a request.
pub(super) fn transaction(who: &Caller, id: &str) -> Result<Transaction, ApiError> {
    const LONGEST: usize = 255;
    if id.len() > LONGEST {
        let message = format!("a transaction id has {LONGEST} bytes at most");
        return Err(ApiError::invalid_param(message));
    }
    Ok(Transaction { device: who.device_id.clone(), id: id.to_owned() })
}

/// "Instant messaging": what names no kind of message, or has no text, is none.
fn require_message(content: &Value) -> Result<(), ApiError> {
    let text = |key| content.get(key).is_some_and(Value::is_string);
    if text("msgtype") && text("body") {
        return Ok(());
    }
    Err(ApiError::bad_json("m.room.message needs the texts msgtype and body"))
}
