//! How the nodes of a cluster share one busy room.
//!
//! Nobody owns a room: the store refuses whoever decided on a head that moved. A node that writes
//! without a pause could win every time against one that has to read first what it lost to. So
//! whoever lost too often says so in passing, and a node that hears it lets one event of another
//! node in before it writes again, or a moment pass. A hint that is lost costs another try.

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

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::pin::pin;
    use std::task::Poll;

    use super::*;

    /// Whether it goes on without waiting.
    async fn goes_on(wait: &mut std::pin::Pin<&mut impl Future<Output = ()>>) -> bool {
        poll_fn(|context| Poll::Ready(wait.as_mut().poll(context).is_ready())).await
    }

    #[tokio::test]
    async fn a_node_waits_for_another_that_asked_until_it_has_written() {
        let share = Share::default();
        assert!(goes_on(&mut pin!(share.give_way())).await);
        share.ask();
        let mut wait = pin!(share.give_way());
        assert!(!goes_on(&mut wait).await);
        share.written();
        assert!(goes_on(&mut wait).await);
        assert!(goes_on(&mut pin!(share.give_way())).await);
    }

    #[tokio::test]
    async fn a_node_that_asked_and_does_not_write_is_not_waited_for_twice() {
        let share = Share::default();
        share.ask();
        share.give_way().await;
        assert!(goes_on(&mut pin!(share.give_way())).await);
    }
}
