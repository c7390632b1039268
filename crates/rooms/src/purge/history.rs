//! What was said in a room before a place: its bodies go, from every node's memory, too.

use base::change::Change;
use base::number::{EventNo, RoomNo, TimelineOrd};
use store::{Batch, Direction, Prefix};

use crate::error::RoomError;
use crate::load::Rooms;
use crate::tables::{BODIES, TIMELINE};

/// Events looked at together.
const PAGE: usize = 256;

impl Rooms {
    /// Takes the bodies away of everything said before a place. State stays: the room is made of it.
    pub(super) async fn take_history(
        &self,
        room: RoomNo,
        before: TimelineOrd,
    ) -> Result<(), RoomError> {
        let whole = Prefix::of(&room).before(&(room, before));
        let mut part = whole.clone();
        loop {
            let page = TIMELINE.scan(&self.0.store, &part, Direction::Forward, PAGE).await?;
            let Some((last, _)) = page.last() else { return Ok(()) };
            part = whole.clone().after(last);
            let numbers: Vec<_> = page.into_iter().map(|(_, no)| no).collect();
            let events = self.read_events(&numbers).await?;
            let said = events.iter().filter(|event| event.pdu.state_key().is_none());
            let said: Vec<_> = said.map(|event| event.no).collect();
            self.take_bodies(room, &said).await?;
        }
    }

    async fn take_bodies(&self, room: RoomNo, events: &[EventNo]) -> Result<(), RoomError> {
        let bodies = BODIES.get_many(&self.0.store, events).await?;
        let kept = events.iter().zip(bodies).filter(|(_, body)| body.is_some());
        let kept: Vec<_> = kept.map(|(no, _)| *no).collect();
        if kept.is_empty() {
            return Ok(());
        }
        let mut batch = Batch::new();
        for event in &kept {
            BODIES.delete(&mut batch, event);
            journal::record(&mut batch, &Change::Redacted { room, event: *event })?;
        }
        self.commit_step(batch).await?;
        self.take_withdrawn(&kept).await
    }
}
