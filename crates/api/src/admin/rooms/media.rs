//! `GET /_synapse/admin/v1/room/{room_id}/media`: the media in what is readable of a room.
//!
//! In an encrypted room that is nothing.

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
    let found = app.rooms.media_in(&ask.room()?).await.map_err(not_found)?;
    let own = format!("mxc://{}/", app.settings.server_name);
    let (local, remote) = found.into_iter().partition(|address| address.starts_with(&own));
    Ok(Answer { local, remote })
}
