//! `GET /_matrix/client/v3/presence/{userId}/status`: how present somebody is.
//!
//! Told to whoever shares a room with them; to everybody else nothing is said, whether or not there
//! is such a person.

use presence::State;
use ruma_client_api::presence::get_presence::v3::{Request, Response};
use ruma_common::presence::PresenceState;

use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let (own, user) = (&call.who.user_id, &call.request.user_id);
    if own != user && !app.rooms.share_a_room(own, user).await? {
        return Err(ApiError::forbidden("presence is told to those who share a room"));
    }
    let seen = app.presence.of(user).await?;
    let mut response = Response::new(match seen.state {
        State::Online => PresenceState::Online,
        State::Unavailable => PresenceState::Unavailable,
        State::Offline => PresenceState::Offline,
    });
    response.currently_active = Some(seen.currently_active).filter(|_| seen.state == State::Online);
    response.last_active_ago = seen.last_active_ago;
    response.status_msg = seen.status.map(|status| (*status).to_owned());
    Ok(response)
}
