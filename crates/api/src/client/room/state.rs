//! `GET /_matrix/client/v3/rooms/{roomId}/state`: all that is known of a room.

use ruma_client_api::state::get_state_events::v3::{Request, Response};

use super::reading;
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let (user, room_id) = (&call.who.user_id, &call.request.room_id);
    let mut state = app.rooms.state(user, room_id).await?;
    state.sort_by_key(|event| event.ord);
    let room = app.rooms.room(room_id).await?;
    let viewer = app.rooms.viewer(&room, user, Some(call.who.device_id.clone()));
    Ok(Response::new(reading::state(&viewer, &state).await?))
}
