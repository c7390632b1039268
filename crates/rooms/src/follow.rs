//! For who follows the log: a room as of a change that the log tells of.
//!
//! A change is told when it is durable, a moment before the room in memory has it.

use std::sync::Arc;

use base::number::TimelineOrd;
use rules::tree::NodeNo;

use crate::error::RoomError;
use crate::event::Stored;
use crate::load::Rooms;
use crate::room::{Current, Room};

impl Rooms {
    /// A room's state with at least everything up to a place in it.
    pub async fn current_with(
        &self,
        room: &Room,
        place: TimelineOrd,
    ) -> Result<Arc<Current>, RoomError> {
        let current = room.current();
        let last = current.last();
        if last >= place {
            return Ok(current);
        }
        let mut current = Current::clone(&current);
        let missing = self.newest(room, Some(last), place, usize::MAX).await?;
        for event in missing.into_iter().rev() {
            current.head.live += 1;
            current.head.root = event.state_after;
            if let Some(state_key) = event.pdu.state_key() {
                current.set((event.kind().to_owned(), state_key.to_owned()), event);
            }
        }
        Ok(Arc::new(current))
    }
}

impl Stored {
    /// Root of the tree of the state before the event.
    pub fn state_before(&self) -> Option<NodeNo> {
        self.state_before
    }

    /// Root of the tree of the state after the event.
    pub fn state_after(&self) -> Option<NodeNo> {
        self.state_after
    }
}
