//! `GET /_synapse/admin/v1/rooms/{room_id}`: one room.

use super::removal::not_found;
use super::shown::Detailed;
use crate::admin::ask::Ask;
use crate::{ApiError, App};

/// Handles the call.
pub(crate) async fn handler(app: App, ask: Ask) -> Result<Detailed, ApiError> {
    let info = app.rooms.info(&ask.room()?).await;
    Ok(info.map_err(not_found)?.into())
}
