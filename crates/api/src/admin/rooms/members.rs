//! `GET /_synapse/admin/v1/rooms/{room_id}/members`: who is in a room.

use ruma_common::OwnedUserId;
use serde::Serialize;

use super::removal::not_found;
use crate::admin::ask::Ask;
use crate::{ApiError, App};

/// Who is.
#[derive(Serialize)]
pub(crate) struct Answer {
    members: Vec<OwnedUserId>,
    total: usize,
}

/// Handles the call.
pub(crate) async fn handler(app: App, ask: Ask) -> Result<Answer, ApiError> {
    let members = app.rooms.everybody_in(&ask.room()?).await.map_err(not_found)?;
    Ok(Answer { total: members.len(), members })
}
