//! Rooms that an administrator has closed: nobody comes in any more, whoever invites.

use ruma_common::{OwnedUserId, RoomId, UserId};
use serde_json::Value;
use store::{Batch, CommitError};

use crate::append::Writing;
use crate::error::RoomError;
use crate::load::Rooms;
use crate::tables::BLOCKED;
use rules::build::Draft;

impl Rooms {
    /// Who blocked a room, if it is blocked. It need not be there.
    pub async fn blocked_by(&self, room_id: &RoomId) -> Result<Option<OwnedUserId>, RoomError> {
        let by = BLOCKED.get(&self.0.store, &room_id.to_string()).await?;
        Ok(by.and_then(|by| UserId::parse(by).ok()))
    }

    /// Blocks a room, or opens it again. One that is not there yet can be blocked, too.
    pub async fn set_blocked(
        &self,
        by: &UserId,
        room_id: &RoomId,
        blocked: bool,
    ) -> Result<(), RoomError> {
        let mut batch = Batch::new();
        if blocked {
            block(&mut batch, by, room_id)?;
        } else {
            BLOCKED.delete(&mut batch, &room_id.to_string());
        }
        match self.0.store.commit(batch).await {
            Ok(_) => Ok(()),
            // Nothing is checked: nothing can be in conflict.
            Err(CommitError::Conflict { .. }) => Err(RoomError::Busy),
            Err(CommitError::Store(error)) => Err(error.into()),
        }
    }
}

/// Adds to a batch that a room is blocked.
pub(crate) fn block(batch: &mut Batch, by: &UserId, room_id: &RoomId) -> Result<(), RoomError> {
    Ok(BLOCKED.put(batch, &room_id.to_string(), &by.to_string())?)
}

impl Writing {
    /// Refuses who would come into a blocked room, or call somebody there. A room that is blocked
    /// meanwhile refuses the batch.
    pub(crate) async fn refuse_blocked(&mut self, draft: &Draft) -> Result<(), RoomError> {
        let to = draft.content.get("membership").and_then(Value::as_str);
        if draft.kind != "m.room.member" || !matches!(to, Some("join" | "invite" | "knock")) {
            return Ok(());
        }
        let key = self.room.id.to_string();
        if BLOCKED.get(&self.rooms.0.store, &key).await?.is_some() {
            return Err(RoomError::Forbidden("this room was closed by the server".to_owned()));
        }
        BLOCKED.check_absent(&mut self.batch, &key);
        Ok(())
    }
}
