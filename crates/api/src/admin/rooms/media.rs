//! `GET /_synapse/admin/v1/room/{room_id}/media`: the media in what is readable of a room.
//!
//! Told of rooms that are open to everybody only: what is in the others is their members' own. In an
//! encrypted room that is nothing.

use serde::Serialize;

use super::removal::not_found;
use crate::admin::ask::Ask;
use crate::{ApiError, App};

/// Their addresses.
#[derive(Serialize)]
pub(crate) struct Answer {
    local: Vec<String>,
    remote: Vec<String>,
}

/// Handles the call.
pub(crate) async fn handler(app: App, ask: Ask) -> Result<Answer, ApiError> {
    let room_id = ask.room()?;
    let room = app.rooms.room(&room_id).await.map_err(not_found)?;
    if !room.current().is_open() {
        let message = "the media of a room is told only where the room is open to everybody";
        return Err(ApiError::forbidden(message));
    }
    let found = app.rooms.media_in(&room_id).await.map_err(not_found)?;
    let own = format!("mxc://{}/", app.settings.server_name);
    let (local, remote) = found.into_iter().partition(|address| address.starts_with(&own));
    Ok(Answer { local, remote })
}
