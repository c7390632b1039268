//! `GET /_synapse/admin/v1/rooms/{room_id}/state`: the state of a room.
//!
//! Of a room that is not open to everybody an administrator sees who is in it, by which rules, and
//! its name: no other content.

use serde::Serialize;
use serde_json::value::RawValue;

use super::removal::not_found;
use crate::admin::ask::Ask;
use crate::{ApiError, App};

/// The state.
#[derive(Serialize)]
pub(crate) struct Answer {
    state: Vec<Box<RawValue>>,
}

/// Handles the call.
pub(crate) async fn handler(app: App, ask: Ask) -> Result<Answer, ApiError> {
    let state = app.rooms.state_of(&ask.room()?).await.map_err(not_found)?;
    let state = state.into_iter().map(RawValue::from_string).collect::<Result<_, _>>();
    Ok(Answer { state: state.map_err(|error| ApiError::internal(&error))? })
}
