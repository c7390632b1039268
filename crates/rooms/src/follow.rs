//! Following the log: what is in memory moves on with what any node commits.
//!
//! Every cache of this crate that could go stale is here: the rooms held, and the events held. A
//! room that nobody holds is read when it is asked for. Beside the log, other nodes say in passing
//! who types and which room they wait to write.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use base::change::Change;
use base::number::{EventNo, LogPosition, RoomNo, TimelineOrd};
use store::{Hint, LogEntry, LogFollower, StoreError};
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::sync::watch;
use tokio::task::AbortHandle;
use vault::VaultError;

use crate::error::RoomError;
use crate::load::{Inner, Rooms};
use crate::room::Room;
use crate::{share, typing};

/// How long it is waited before a store that is away is asked again.
const AWAY: Duration = Duration::from_millis(500);

/// The tasks of some rooms: they end with them, and let the store go.
pub(crate) struct Tasks {
    handles: [AbortHandle; 2],
    /// How far the log was followed. Closed when it is followed no more.
    followed: watch::Receiver<LogPosition>,
}

/// Where the tasks start from: taken before anything is read, so that no change falls between.
pub(crate) struct Beginning {
    log: LogFollower,
    position: LogPosition,
    hints: broadcast::Receiver<Hint>,
}

impl Beginning {
    pub(crate) fn now(store: &store::Store) -> Self {
        let position = store.log_end();
        Self { log: store.follow(position), position, hints: store.hints() }
    }
}

impl Tasks {
    /// Starts the tasks.
    pub(crate) fn start(rooms: Weak<Inner>, beginning: Beginning) -> Self {
        let Beginning { log, position, hints } = beginning;
        let (progress, followed) = watch::channel(position);
        let follow = tokio::spawn(follow(Weak::clone(&rooms), log, progress));
        let listen = tokio::spawn(listen(rooms, hints));
        Self { handles: [follow.abort_handle(), listen.abort_handle()], followed }
    }
}

impl Drop for Tasks {
    fn drop(&mut self) {
        self.handles.iter().for_each(AbortHandle::abort);
    }
}

async fn follow(rooms: Weak<Inner>, mut log: LogFollower, progress: watch::Sender<LogPosition>) {
    loop {
        // Waits without holding the rooms, so that they can be dropped meanwhile.
        let entries = match log.next().await {
            Ok(entries) => entries,
            Err(StoreError::Closed) => return,
            Err(error) => return tracing::error!(%error, "rooms no longer follow the log"),
        };
        loop {
            let Some(inner) = rooms.upgrade() else { return };
            match Rooms(inner).follow(&entries).await {
                Ok(()) => break,
                Err(error) if error.is_away() => tracing::warn!(%error, "rooms wait for the store"),
                Err(error) => {
                    tracing::error!(%error, "a change was not followed");
                    break;
                }
            }
            tokio::time::sleep(AWAY).await;
        }
        if let Some(last) = entries.last() {
            progress.send_replace(last.position);
        }
    }
}

async fn listen(rooms: Weak<Inner>, mut hints: broadcast::Receiver<Hint>) {
    loop {
        let hint = match hints.recv().await {
            Ok(hint) => hint,
            Err(RecvError::Lagged(_)) => continue,
            Err(RecvError::Closed) => return,
        };
        let Some(inner) = rooms.upgrade() else { return };
        match hint.topic.as_str() {
            typing::TOPIC => Rooms(inner).heard_typing(&hint.payload),
            share::TOPIC => Rooms(inner).asked_for(&hint.payload),
            _ => {}
        }
    }
}

/// What a stretch of the log tells of what may be in memory.
#[derive(Default)]
struct News {
    redacted: Vec<EventNo>,
    erased: Vec<ruma_common::OwnedUserId>,
    purged: Vec<RoomNo>,
    arrived: BTreeMap<RoomNo, Vec<(EventNo, TimelineOrd)>>,
}

impl News {
    fn of(entries: &[LogEntry]) -> Result<Self, StoreError> {
        let mut news = Self::default();
        for entry in entries {
            match journal::decode(entry)? {
                Change::Event { room, event, ord, .. } => {
                    news.arrived.entry(room).or_default().push((event, ord));
                }
                Change::Redacted { event, .. } => news.redacted.push(event),
                Change::Erased { user } => news.erased.push(user),
                Change::Purged { room } => news.purged.push(room),
                _ => {}
            }
        }
        Ok(news)
    }
}

impl Rooms {
    /// Waits until everything that the store's log is known to hold is in what this node shows.
    pub async fn catch_up(&self) -> Result<(), RoomError> {
        self.catch_up_to(self.0.store.log_end()).await
    }

    /// Waits until everything up to a position of the log is in what this node shows.
    pub async fn catch_up_to(&self, end: LogPosition) -> Result<(), RoomError> {
        let mut followed = self.0.tasks.get().ok_or(StoreError::Closed)?.followed.clone();
        let reached = followed.wait_for(|position| *position >= end).await;
        reached.map(drop).map_err(|_| StoreError::Closed.into())
    }

    /// Brings what is in memory to where a stretch of the log goes. Doing it twice changes nothing.
    async fn follow(&self, entries: &[LogEntry]) -> Result<(), RoomError> {
        let news = News::of(entries)?;
        for room in &news.purged {
            self.let_go_of(*room).await;
        }
        for user in &news.erased {
            self.forget_bodies_of(user).await?;
        }
        self.take_withdrawn(&news.redacted).await?;
        self.take_arrived(news.arrived).await
    }

    /// Moves the rooms that are in memory on, by the events that they do not have yet.
    async fn take_arrived(
        &self,
        arrived: BTreeMap<RoomNo, Vec<(EventNo, TimelineOrd)>>,
    ) -> Result<(), RoomError> {
        let mut behind: Vec<(Arc<Room>, Vec<EventNo>)> = Vec::new();
        for (no, arrivals) in arrived {
            let Some(room) = self.0.live.get(no) else { continue };
            let last = room.current().last();
            let new = arrivals.into_iter().filter(|(_, ord)| *ord > last);
            let numbers: Vec<_> = new.map(|(event, _)| event).collect();
            if !numbers.is_empty() {
                behind.push((room, numbers));
            }
        }
        let numbers: Vec<_> = behind.iter().flat_map(|(_, numbers)| numbers).copied().collect();
        let mut events = self.events(&numbers).await?.into_iter();
        for (room, numbers) in behind {
            let new: Vec<_> = events.by_ref().take(numbers.len()).collect();
            if room.push(&new).is_err() {
                self.bring_up(&room).await?;
            }
            if numbers.iter().any(|no| !self.0.numbers.is_own(*no)) {
                room.share.written();
            }
        }
        Ok(())
    }
}

impl RoomError {
    /// Whether the store could not be asked: nothing is wrong with what was asked.
    fn is_away(&self) -> bool {
        matches!(
            self,
            Self::Store(StoreError::Unavailable { .. })
                | Self::Vault(VaultError::Store(StoreError::Unavailable { .. }))
        )
    }
}
