//! `PUT /_matrix/client/v3/rooms/{roomId}/send/{eventType}/{txnId}`: says something.

use rooms::Transaction;
use rules::build::Draft;
use ruma_client_api::message::send_message_event::v3::{Request, Response};
use ruma_common::{EventId, OwnedEventId, RoomId};
use serde_json::Value;

use crate::{ApiError, App, Call, Caller};

/// Handles the call. `ts` is for application services alone: others cannot choose the time.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let Request { room_id, event_type, txn_id, body, .. } = call.request;
    let kind = event_type.to_string();
    let content: Value = serde_json::from_str(body.json().get())
        .map_err(|error| ApiError::bad_json(error.to_string()))?;
    let transaction = transaction(&call.who, txn_id.as_str())?;
    let user = &call.who.user_id;
    let event_id = match kind.as_str() {
        "m.room.redaction" => redact(&app, &call.who, (&room_id, &content), transaction).await?,
        "m.room.message" => {
            require_message(&content)?;
            app.rooms
                .send(user, &room_id, Draft::message(&kind, content), Some(transaction))
                .await?
        }
        _ => {
            app.rooms
                .send(user, &room_id, Draft::message(&kind, content), Some(transaction))
                .await?
        }
    };
    Ok(Response::new(event_id))
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

/// A redaction may be sent like any event (since v1.18).
async fn redact(
    app: &App,
    who: &Caller,
    (room_id, content): (&RoomId, &Value),
    transaction: Transaction,
) -> Result<OwnedEventId, ApiError> {
    let text = |key| content.get(key).and_then(Value::as_str);
    let redacts = text("redacts").and_then(|id| EventId::parse(id).ok());
    let redacts =
        redacts.ok_or_else(|| ApiError::bad_json("m.room.redaction needs redacts: an event id"))?;
    let target = (&*redacts, text("reason").map(ToOwned::to_owned));
    Ok(app.rooms.redact(&who.user_id, room_id, target, transaction).await?)
}
