//! `PUT /_matrix/client/v3/rooms/{roomId}/state/{eventType}/{stateKey}`: sets what is known of a
//! room.

use rules::build::Draft;
use ruma_client_api::state::send_state_event::v3::{Request, Response};
use ruma_common::UserId;
use serde_json::Value;

use super::{expel_guests, people};
use crate::{ApiError, App, Call};

/// Handles the call. `ts` is for application services alone.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let Request { room_id, event_type, state_key, body, .. } = call.request;
    let user = &call.who.user_id;
    let kind = event_type.to_string();
    let content: Value = serde_json::from_str(body.json().get())
        .map_err(|error| ApiError::bad_json(error.to_string()))?;
    if let Some(invited) = invited(&kind, &state_key, &content) {
        app.rooms.require_member(user, &room_id).await?;
        people::invitee(&app, invited).await?;
    }
    let draft = Draft::state(&kind, &state_key, content);
    let event_id = app.rooms.set_state(user, &room_id, draft).await?;
    if kind == "m.room.guest_access" {
        expel_guests(&app).await;
    }
    Ok(Response::new(event_id))
}

/// The person whom a state event invites.
fn invited<'a>(kind: &str, state_key: &'a str, content: &Value) -> Option<&'a UserId> {
    let membership = content.get("membership").and_then(Value::as_str);
    let invites = kind == "m.room.member" && membership == Some("invite");
    invites.then(|| <&UserId>::try_from(state_key).ok()).flatten()
}
