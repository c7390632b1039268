//! `GET /_matrix/client/v3/rooms/{roomId}/state/{eventType}/{stateKey}`: one thing that is known
//! of a room.

use ruma_client_api::state::get_state_event_for_key::v3::{Request, Response, StateEventFormat};
use ruma_events::AnyStateEvent;

use super::reading;
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let Request { room_id, event_type, state_key, format, .. } = call.request;
    let user = &call.who.user_id;
    let event = app.rooms.state_event(user, &room_id, (event_type.to_string(), state_key)).await?;
    match format {
        StateEventFormat::Content => Ok(Response::new(event.pdu.content().to_owned())),
        StateEventFormat::Event => {
            let room = app.rooms.room(&room_id).await?;
            let viewer = app.rooms.viewer(&room, user, Some(call.who.device_id.clone()));
            let mut events = reading::state::<AnyStateEvent>(&viewer, &[event]).await?;
            let event = events.pop().ok_or_else(|| ApiError::not_found("no such state"))?;
            Ok(event.into())
        }
        other => Err(ApiError::invalid_param(format!("there is no format {other}"))),
    }
}
