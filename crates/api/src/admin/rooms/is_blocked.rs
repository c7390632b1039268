//! `GET /_synapse/admin/v1/rooms/{room_id}/block`: whether a room is blocked.

use ruma_common::OwnedUserId;
use serde::Serialize;

use crate::admin::ask::Ask;
use crate::{ApiError, App};

/// Whether it is, and who did it.
#[derive(Serialize)]
pub(crate) struct Answer {
    block: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<OwnedUserId>,
}

/// Handles the call.
pub(crate) async fn handler(app: App, ask: Ask) -> Result<Answer, ApiError> {
    let user_id = app.rooms.blocked_by(&ask.room()?).await?;
    Ok(Answer { block: user_id.is_some(), user_id })
}
