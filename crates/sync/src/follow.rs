//! The task that keeps the hub at the log's end, and lets typing run out.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use base::number::{LogPosition, RoomNo};
use rooms::Rooms;
use store::{LogFollower, StoreError};
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

use crate::hub::Hub;

/// How often it is looked who has stopped typing, while anybody types.
const TICK: Duration = Duration::from_millis(500);
/// How often people who went away are let go of.
const SWEEP: Duration = Duration::from_mins(1);

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
        let mut typed_in = HashSet::new();
        let mut tick = interval(TICK);
        let mut sweep = interval(SWEEP);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                entries = self.log.next() => match entries {
                    Ok(entries) => self.take(&entries).await,
                    Err(StoreError::Closed) => return,
                    Err(error) => return tracing::error!(%error, "syncs cannot follow the log"),
                },
                room = self.typing.recv() => match room {
                    Ok(room) => self.take_typing(room, &mut typed_in),
                    Err(RecvError::Lagged(_)) => {
                        for room in self.hub.watched() {
                            self.take_typing(room, &mut typed_in);
                        }
                    }
                    Err(RecvError::Closed) => return,
                },
                _ = tick.tick(), if !typed_in.is_empty() => self.rooms.expire_typing(),
                _ = sweep.tick() => self.hub.sweep(),
            }
        }
    }

    async fn take(&self, entries: &[store::LogEntry]) {
        if let Err(error) = self.hub.take(entries, &self.publish).await {
            tracing::error!(%error, "a change cannot be followed: everybody begins anew");
            if let Some(last) = entries.last() {
                self.hub.begin_anew(last.position, &self.publish);
            }
        }
    }

    fn take_typing(&self, room: RoomNo, typed_in: &mut HashSet<RoomNo>) {
        if self.hub.take_typing(room) {
            typed_in.insert(room);
        } else {
            typed_in.remove(&room);
        }
    }
}
