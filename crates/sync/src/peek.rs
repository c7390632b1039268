//! Looking into a room without being in it: `/events` with a room.
//!
//! Whoever looks follows the room's timeline, not what is new for themselves: their place is a place
//! in that timeline. Every event is judged by the room's own gate, as for everybody else.
//!
//! `spec/content/client-server-api/modules/room_previews.md`.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use base::change::Change;
use base::number::{RoomNo, TimelineOrd};
use parking_lot::Mutex;
use rooms::{PageRequest, TimelineToken, Way};
use ruma_common::{OwnedDeviceId, OwnedRoomId, OwnedUserId};
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

use crate::service::LONGEST;
use crate::{Sync, SyncError};

/// Events of one answer at most.
const MOST: usize = 100;

/// What somebody who looks into a room asks.
#[derive(Clone, Debug)]
pub struct PeekRequest {
    /// Who asks.
    pub user: OwnedUserId,
    /// On which device.
    pub device: OwnedDeviceId,
    /// Which room.
    pub room: OwnedRoomId,
    /// From where on; from now, when not given.
    pub from: Option<TimelineToken>,
    /// How long to wait for something to be said.
    pub timeout: Duration,
}

/// What was said in a room.
#[derive(Clone, Debug)]
pub struct Peek {
    /// From where.
    pub start: TimelineToken,
    /// Up to where.
    pub end: TimelineToken,
    /// The events, oldest first.
    pub events: Vec<String>,
}

/// Rooms into which somebody looks.
#[derive(Default)]
pub(crate) struct Peeks(Arc<Mutex<Rooms>>);

type Rooms = HashMap<RoomNo, (usize, Arc<Notify>)>;

/// Somebody who looks into a room, until it is dropped.
pub(crate) struct Peeker {
    room: RoomNo,
    news: Arc<Notify>,
    peeks: Arc<Mutex<Rooms>>,
}

impl Peeks {
    /// From now on, whatever is said in the room is told.
    fn look(&self, room: RoomNo) -> Peeker {
        let mut rooms = self.0.lock();
        let (lookers, news) = rooms.entry(room).or_default();
        *lookers += 1;
        Peeker { room, news: Arc::clone(news), peeks: Arc::clone(&self.0) }
    }

    /// Tells whoever looks into rooms in which something was said.
    pub(crate) fn tell<'a>(&self, changes: impl Iterator<Item = &'a Change>) {
        let rooms = self.0.lock();
        if rooms.is_empty() {
            return;
        }
        for change in changes {
            if let Change::Event { room, .. } = change
                && let Some((_, news)) = rooms.get(room)
            {
                news.notify_waiters();
            }
        }
    }
}

impl Drop for Peeker {
    fn drop(&mut self) {
        let mut rooms = self.peeks.lock();
        if let Some((lookers, _)) = rooms.get_mut(&self.room) {
            *lookers -= 1;
            if *lookers == 0 {
                rooms.remove(&self.room);
            }
        }
    }
}

impl Sync {
    /// What is said in a room that a person may read. Waits for it.
    pub async fn peek(&self, request: PeekRequest) -> Result<Peek, SyncError> {
        let deadline = Instant::now() + request.timeout.min(LONGEST);
        self.catch_up(None, request.timeout).await?;
        let rooms = &self.0.sources.rooms;
        let PeekRequest { user, device, room, .. } = &request;
        let viewer = rooms.reader(user, room, Some(device.clone())).await?;
        let start = match request.from {
            Some(from) => rooms.place(viewer.room(), from).await?,
            None => viewer.current().last(),
        };
        let peeker = self.0.hub.peeks.look(viewer.room().no);
        let mut from = start;
        loop {
            let told = peeker.news.notified();
            // Who may read the room may change while they wait.
            let viewer = rooms.reader(user, room, Some(device.clone())).await?;
            let viewer = viewer.ignoring(self.ignored(user).await?);
            let upto = viewer.current().last();
            let all = |_: &rooms::Stored| true;
            let (way, from_here) = (Way::Forward, Some(from));
            let request =
                PageRequest { from: from_here, to: Some(upto), way, limit: MOST, wanted: &all };
            let page = rooms.messages(&viewer, request).await?;
            let end = page.end.unwrap_or(upto.max(from));
            if !page.events.is_empty() || Instant::now() >= deadline {
                let events = viewer.client_json_all(&page.events).await?;
                return Ok(Peek { start: token(start), end: token(end), events });
            }
            from = end;
            // That nothing is said in time is no failure.
            let _ = timeout_at(deadline, told).await;
        }
    }
}

fn token(place: TimelineOrd) -> TimelineToken {
    TimelineToken::After(place)
}
