//! `GET /_synapse/admin/v2/rooms/{room_id}/delete_status`: how far the removals of a room are.

use serde::Serialize;

use super::removal::Status;
use crate::admin::ask::Ask;
use crate::{ApiError, App};

/// The newest first.
#[derive(Serialize)]
pub(crate) struct Answer {
    results: Vec<Status>,
}

/// Handles the call.
pub(crate) async fn handler(app: App, ask: Ask) -> Result<Answer, ApiError> {
    let purges = app.rooms.purges_of(&ask.room()?).await?.into_iter();
    let results: Vec<_> = purges.filter(|purge| purge.of_room).map(Status::from).collect();
    if results.is_empty() {
        return Err(ApiError::not_found("no removal of this room is known"));
    }
    Ok(Answer { results })
}
