//! A room at a moment: its state at a place, and the event nearest to a time.

use std::sync::Arc;

use base::clock::Timestamp;
use base::number::TimelineOrd;
use ruma_common::UserId;

use crate::error::RoomError;
use crate::event::Stored;
use crate::load::Rooms;
use crate::messages::{PageRequest, Way};
use crate::room::Room;
use crate::view::{Shown, Viewer};

impl Rooms {
    /// The state of a room at a place of its timeline.
    pub async fn state_at_place(
        &self,
        room: &Room,
        place: TimelineOrd,
    ) -> Result<Vec<Arc<Stored>>, RoomError> {
        let current = room.current();
        let Some(next) = self.next(room, place).await? else {
            return Ok(current.state.values().cloned().collect());
        };
        let entries = self.whole_state_at(next.state_before).await?;
        let numbers: Vec<_> = entries.into_iter().map(|(_, no)| no).collect();
        self.events(&numbers).await
    }

    /// Membership of the people whom events need to be shown, as it was at the first of them.
    pub async fn members_for(
        &self,
        viewer: &Viewer,
        events: &[Shown],
    ) -> Result<Vec<Arc<Stored>>, RoomError> {
        let Some(first) = events.iter().map(Shown::stored).min_by_key(|event| event.ord) else {
            return Ok(Vec::new());
        };
        let mut senders: Vec<&UserId> =
            events.iter().map(|event| event.stored().sender()).collect();
        senders.sort_unstable();
        senders.dedup();
        let mut members = Vec::with_capacity(senders.len());
        for sender in senders {
            let key = ("m.room.member".to_owned(), sender.to_string());
            match self.state_at(first.state_before, &key).await? {
                Some(no) => members.extend(self.events(&[no]).await?),
                // Who came in the meantime is shown as they are.
                None => members.extend(viewer.current().state.get(&key).cloned()),
            }
        }
        Ok(members)
    }

    /// The event nearest to a time that a person may see, on the way from it.
    pub async fn event_near(
        &self,
        viewer: &Viewer,
        time: Timestamp,
        way: Way,
    ) -> Result<Option<Shown>, RoomError> {
        let place = self.place_at(viewer.room(), time, way).await?;
        let wanted = |event: &Stored| match way {
            Way::Back => event.pdu.origin_server_ts() <= time,
            Way::Forward => event.pdu.origin_server_ts() >= time,
        };
        let request = PageRequest { from: Some(place), to: None, way, limit: 1, wanted: &wanted };
        Ok(self.messages(viewer, request).await?.events.pop())
    }

    /// The place that everything said before a time stands before.
    pub async fn place_of_time(
        &self,
        room: &Room,
        time: Timestamp,
    ) -> Result<TimelineOrd, RoomError> {
        let last = self.place_at(room, time, Way::Forward).await?;
        Ok(TimelineOrd(last.0.saturating_add(1)))
    }

    /// The place between the events before a time and those after it, by halving: events stand in
    /// the order in which they came, and so nearly in that of their times.
    async fn place_at(
        &self,
        room: &Room,
        time: Timestamp,
        way: Way,
    ) -> Result<TimelineOrd, RoomError> {
        let (mut low, mut high) = (0, room.current().last().0);
        while low < high {
            let middle = low + (high - low) / 2;
            let Some(event) = self.next(room, TimelineOrd(middle)).await? else {
                high = middle;
                continue;
            };
            let at = event.pdu.origin_server_ts();
            let before = match way {
                Way::Forward => at < time,
                Way::Back => at <= time,
            };
            if before {
                low = event.ord.0;
            } else {
                high = middle;
            }
        }
        Ok(TimelineOrd(low))
    }
}
