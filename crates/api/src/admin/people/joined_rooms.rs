//! `GET /_synapse/admin/v1/users/{user_id}/joined_rooms`: the rooms that somebody is in.

use ruma_common::OwnedRoomId;
use serde::Serialize;

use super::shown::require_account;
use crate::admin::ask::Ask;
use crate::{ApiError, App};

/// The rooms.
#[derive(Serialize)]
pub(crate) struct Answer {
    total: usize,
    joined_rooms: Vec<OwnedRoomId>,
}

/// Handles the call.
pub(crate) async fn handler(app: App, ask: Ask) -> Result<Answer, ApiError> {
    let user = ask.user(&app)?;
    require_account(&app, &user).await?;
    let joined_rooms = app.rooms.joined_rooms(&user).await?;
    Ok(Answer { total: joined_rooms.len(), joined_rooms })
}
