//! `PUT /_synapse/admin/v1/rooms/{room_id}/block`: blocks a room, or opens it again.

use serde::{Deserialize, Serialize};

use crate::admin::ask::Ask;
use crate::{ApiError, App};

/// What it is to be, and is.
#[derive(Serialize, Deserialize)]
pub(crate) struct Block {
    block: bool,
}

/// Handles the call.
pub(crate) async fn handler(app: App, ask: Ask) -> Result<Block, ApiError> {
    let (room, asked): (_, Block) = (ask.room()?, ask.body()?);
    app.rooms.set_blocked(&ask.who.user_id, &room, asked.block).await?;
    Ok(asked)
}
