//! How the nodes of a cluster share one busy room.
//!
//! Nobody owns a room: the store refuses whoever decided on a head that moved. A node that writes
//! without a pause would win every time against one that has to read first what it lost to. So
//! whoever lost says so in passing, and a node that hears it lets one event of another node in
//! before it writes again, or a moment pass. A hint that is lost costs another try.

use std::time::Duration;

use base::number::RoomNo;
use parking_lot::Mutex;
use store::{Key, KeyReader};
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::load::Rooms;

/// What the hint is about: the number of a room that somebody waits to write.
pub(crate) const TOPIC: &str = "rooms.turn";
/// How long a node waits at most for the other to write.
const MOMENT: Duration = Duration::from_millis(25);

/// The sharing of one room.
#[derive(Default)]
pub(crate) struct Share {
    /// Until when another node is let in.
    until: Mutex<Option<Instant>>,
    /// Told when it has written.
    written: Notify,
}

impl Share {
    /// Another node asks to be let in.
    pub(crate) fn ask(&self) {
        *self.until.lock() = Some(Instant::now() + MOMENT);
    }

    /// Another node has written.
    pub(crate) fn written(&self) {
        if self.until.lock().take().is_some() {
            self.written.notify_waiters();
        }
    }

    /// Lets another node in that asked.
    pub(crate) async fn give_way(&self) {
        let written = self.written.notified();
        let until = *self.until.lock();
        let Some(until) = until else { return };
        // Time running out is one of the two ways in which the wait ends.
        let _ = tokio::time::timeout_at(until, written).await;
        *self.until.lock() = None;
    }
}

impl Rooms {
    /// Asks the other nodes to let this one write a room.
    pub(crate) fn ask_for(&self, room: RoomNo) {
        self.0.store.publish(TOPIC, room.to_bytes());
    }

    /// Another node asks to be let in.
    pub(crate) fn asked_for(&self, payload: &[u8]) {
        let room = RoomNo::read(&mut KeyReader::new(payload)).ok();
        if let Some(room) = room.and_then(|room| self.0.live.get(room)) {
            room.share.ask();
        }
    }
}
