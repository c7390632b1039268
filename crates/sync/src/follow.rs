//! The task that keeps the hub at the log's end, and lets typing run out.

use std::sync::Arc;
use std::time::Duration;

use base::number::{LogPosition, RoomNo};
use rooms::Rooms;
use store::{LogEntry, LogFollower, StoreError};
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval, sleep};

use crate::hub::Hub;

/// How often it is looked who has stopped typing, while anybody types.
const TICK: Duration = Duration::from_millis(500);
/// How often people who went away are let go of.
const SWEEP: Duration = Duration::from_mins(1);
/// How long is waited before what failed is tried again.
const PAUSE: Duration = Duration::from_millis(500);

/// What the task follows.
pub(crate) struct Follower {
    pub(crate) hub: Arc<Hub>,
    pub(crate) rooms: Rooms,
    pub(crate) log: LogFollower,
    pub(crate) typing: broadcast::Receiver<RoomNo>,
    /// Dropped with the task: whoever waits for the hub then learns that it has ended.
    pub(crate) publish: watch::Sender<LogPosition>,
}

impl Follower {
    /// Follows until the store closes.
    pub(crate) async fn run(mut self) {
        let mut tick = interval(TICK);
        let mut sweep = interval(SWEEP);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                entries = self.log.next() => match entries {
                    Ok(entries) => self.take(&entries).await,
                    Err(StoreError::Closed) => return,
                    Err(error) => {
                        tracing::error!(%error, "syncs cannot follow the log; trying again");
                        sleep(PAUSE).await;
                    }
                },
                room = self.typing.recv() => match room {
                    Ok(room) => self.hub.take_typing(room),
                    Err(RecvError::Lagged(_)) => {
                        self.hub.watched().into_iter().for_each(|room| self.hub.take_typing(room));
                    }
                    Err(RecvError::Closed) => return,
                },
                _ = tick.tick(), if self.hub.anybody_types() => self.rooms.expire_typing(),
                _ = sweep.tick() => self.hub.sweep(),
            }
        }
    }

    /// Marks what a stretch of the log tells of. What cannot be read now is read once the engine is
    /// back: no record is passed over.
    async fn take(&self, entries: &[LogEntry]) {
        loop {
            match self.hub.take(entries, &self.publish).await {
                Ok(()) => return,
                Err(error) if error.is_outage() => {
                    tracing::warn!(%error, "a change cannot be followed yet");
                    sleep(PAUSE).await;
                }
                Err(error) => {
                    tracing::error!(%error, "a change cannot be followed: everybody begins anew");
                    if let Some(last) = entries.last() {
                        self.hub.begin_anew(last.position, &self.publish);
                    }
                    return;
                }
            }
        }
    }
}
