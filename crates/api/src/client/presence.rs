//! Presence: who is there, and what they say of it.

mod get;
mod set;

use presence::State;
use ruma_common::presence::PresenceState;

use crate::ApiError;
use crate::routes::Routes;

pub(super) fn routes(routes: Routes) -> Routes {
    routes.add(get::handler).add(set::handler)
}

/// What a client says of presence, as it is known here.
pub(in crate::client) fn state(said: &PresenceState) -> Result<State, ApiError> {
    match said {
        PresenceState::Online => Ok(State::Online),
        PresenceState::Unavailable => Ok(State::Unavailable),
        PresenceState::Offline => Ok(State::Offline),
        other => Err(ApiError::invalid_param(format!("no presence is {}", other.as_str()))),
    }
}
