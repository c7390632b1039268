//! Bringing a room in memory to where the store has it, whoever wrote.
//!
//! As a rule by the events that are new: a large room is not read anew for each of them. What
//! does not follow on what is in memory makes the room be read whole.

use std::sync::Arc;

use base::number::TimelineOrd;

use crate::error::RoomError;
use crate::event::Stored;
use crate::load::Rooms;
use crate::room::{Current, Room};
use crate::tables::HEADS;

/// Events by which a room is brought up at most; beyond them its state is read.
const STEPS: u64 = 1000;

impl Rooms {
    /// Brings a room to where the store has it; whether it was anywhere else.
    pub(crate) async fn bring_up(&self, room: &Room) -> Result<bool, RoomError> {
        let current = room.current();
        let Some(head) = HEADS.get(&self.0.store, &room.no).await? else { return Ok(false) };
        if head == current.head {
            return Ok(false);
        }
        let new = head.live.saturating_sub(current.head.live);
        if (1..=STEPS).contains(&new) {
            let last = TimelineOrd::live(head.live);
            let mut events = self.newest(room, Some(current.last()), last, usize::MAX).await?;
            events.reverse();
            self.take_redacted(room, &events).await?;
            if room.push(&events).is_ok() && room.current().is_at_least(head.live) {
                return Ok(true);
            }
        }
        self.reload(room).await?;
        Ok(true)
    }

    /// Reads a room's state anew.
    pub(crate) async fn reload(&self, room: &Room) -> Result<(), RoomError> {
        loop {
            let seen = room.withdrawals();
            room.take(self.load_current(room.no).await?);
            // What lost its body meanwhile may have been read before.
            if room.withdrawals() == seen {
                return Ok(());
            }
        }
    }

    /// Follows the redactions among events of another node: what they redact may be held still.
    async fn take_redacted(&self, room: &Room, events: &[Arc<Stored>]) -> Result<(), RoomError> {
        let mut redacted = Vec::new();
        for event in events.iter().filter(|event| event.kind() == "m.room.redaction") {
            if let Some(target) = rules::format::redacts(&event.pdu, &room.rules) {
                redacted.extend(self.number_in(room.no, &target).await?);
            }
        }
        self.take_withdrawn(&redacted).await
    }

    /// A room's state with at least everything up to a place in it. A change is told by the log a
    /// moment before the room in memory has it.
    pub async fn current_with(
        &self,
        room: &Room,
        place: TimelineOrd,
    ) -> Result<Arc<Current>, RoomError> {
        let last = room.current().last();
        if last < place {
            let mut events = self.newest(room, Some(last), place, usize::MAX).await?;
            events.reverse();
            self.take_redacted(room, &events).await?;
            if room.push(&events).is_err() {
                self.bring_up(room).await?;
            }
        }
        Ok(room.current())
    }
}

impl Current {
    fn is_at_least(&self, live: u64) -> bool {
        self.head.live >= live
    }
}
