//! Following the log, by the node whose turn it is.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use base::change::Change;
use base::number::{EventNo, LogPosition, RoomNo};
use rooms::{Current, Membership, Room, RoomError, Stored};
use ruma_common::{OwnedUserId, UserId};
use store::{Batch, CommitError, Direction, Hint, LogEntry, Prefix};
use tokio::sync::{broadcast, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};

use crate::delivery::Inner;
use crate::error::DeliveryError;
use crate::pushers::PusherId;
use crate::queue::{PusherKey, Queues};
use crate::tables::{CURSOR, HOLDERS, TURN, WAITING};
use crate::turn::{BEAT, beat, is_question};
use crate::work::{OLDEST, Worker, waiting};

/// How often the cursor is moved, where there was anything to deliver.
const STEP: Duration = Duration::from_secs(1);
/// Records of the log after which it is moved in any case.
const FAR: u64 = 4_096;
/// Rows read at a time.
const PAGE: usize = 1_000;
/// How long is waited before what failed is tried again.
const PAUSE: Duration = Duration::from_millis(500);
/// How long gateways that are being asked may take when the server stops.
const FAREWELL: Duration = Duration::from_secs(3);

/// The node whose turn it is.
pub(crate) struct Holder {
    inner: Arc<Inner>,
    queues: Queues,
    workers: JoinSet<()>,
    /// Who has pushers, and which.
    owners: HashMap<OwnedUserId, Vec<PusherId>>,
    /// How far the log was followed.
    followed: LogPosition,
    /// Where the cursor stands.
    stepped: LogPosition,
    /// Whether anything was to be delivered since.
    worked: bool,
}

/// Waits until the server stops.
pub(crate) async fn told_to_stop(stopped: &mut watch::Receiver<bool>) {
    // Who tells is there for as long as the task is.
    drop(stopped.wait_for(|stop| *stop).await);
}

impl Holder {
    pub(crate) fn new(inner: Arc<Inner>) -> Self {
        Self {
            inner,
            queues: Queues::default(),
            workers: JoinSet::new(),
            owners: HashMap::new(),
            followed: LogPosition(0),
            stepped: LogPosition(0),
            worked: false,
        }
    }

    /// Delivers until the turn is lost, or the server stops.
    pub(crate) async fn run(
        mut self,
        hints: &mut broadcast::Receiver<Hint>,
        stopped: &mut watch::Receiver<bool>,
    ) -> Result<(), DeliveryError> {
        self.begin().await?;
        let mut log = self.inner.store.follow(self.followed);
        let (mut step, mut pulse) = (interval(STEP), interval(BEAT));
        step.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                entries = log.next() => self.take(&entries?).await,
                _ = step.tick() => {
                    if !self.step().await? {
                        return Ok(());
                    }
                }
                _ = pulse.tick() => beat(&self.inner),
                hint = hints.recv() => {
                    if hint.is_ok_and(|hint| is_question(&hint)) {
                        beat(&self.inner);
                    }
                }
                Some(ended) = self.workers.join_next() => {
                    if let Err(error) = ended {
                        tracing::error!(%error, "a pusher's worker ended badly");
                    }
                }
                () = told_to_stop(stopped) => return self.end().await,
            }
        }
    }

    /// Reads who has pushers, and what waits for them.
    async fn begin(&mut self) -> Result<(), DeliveryError> {
        let store = &self.inner.store;
        self.stepped = CURSOR.position(store).await?;
        // A server that delivers for the first time begins with what is said since it started.
        self.followed =
            if self.stepped == LogPosition(0) { self.inner.opened } else { self.stepped };
        let mut part = Prefix::all();
        loop {
            let rows = HOLDERS.scan(store, &part, Direction::Forward, PAGE).await?;
            let Some((last, ())) = rows.last() else { break };
            part = part.after(last);
            for ((id, user), ()) in rows {
                if let Ok(user) = UserId::parse(user) {
                    self.owners.entry(user).or_default().push(id);
                }
            }
        }
        let mut part = Prefix::all();
        loop {
            let rows = WAITING.scan(&self.inner.store, &part, Direction::Forward, PAGE).await?;
            let Some((last, _)) = rows.last() else { return Ok(()) };
            part = part.after(last);
            for ((user, id), row) in rows {
                let Ok(user) = UserId::parse(user) else { continue };
                let key = (user, id);
                if self.queues.restore(&key, row.events) {
                    self.work(key, row.tries);
                }
            }
        }
    }

    /// Moves the cursor, when there is reason to; whether this node has the turn still.
    async fn step(&mut self) -> Result<bool, DeliveryError> {
        let done = self.queues.dues.done(self.followed);
        let far = done.0.saturating_sub(self.stepped.0) >= FAR;
        let first = self.stepped == LogPosition(0);
        if done <= self.stepped || !(self.worked || far || first) {
            return Ok(true);
        }
        let mut batch = Batch::new();
        TURN.check_equals(&mut batch, &(), &self.inner.node)?;
        CURSOR.step(&mut batch, self.stepped, done)?;
        match self.inner.store.commit(batch).await {
            Ok(_) => {
                self.stepped = done;
                self.worked = !self.queues.dues.is_clear();
                Ok(true)
            }
            Err(CommitError::Conflict { .. }) => Ok(false),
            Err(CommitError::Store(error)) => Err(error.into()),
        }
    }

    /// Lets gateways that are being asked answer, and moves the cursor a last time.
    async fn end(mut self) -> Result<(), DeliveryError> {
        let until = Instant::now() + FAREWELL;
        while !self.queues.dues.is_clear() && Instant::now() < until {
            sleep(Duration::from_millis(20)).await;
        }
        self.worked = true;
        match timeout(FAREWELL, self.step()).await {
            Ok(stepped) => stepped.map(drop),
            Err(_) => Ok(()),
        }
    }

    /// Takes a stretch of the log. What cannot be read now is read once the engine is back.
    async fn take(&mut self, entries: &[LogEntry]) {
        for entry in entries {
            loop {
                match self.take_one(entry).await {
                    Ok(()) => break,
                    Err(error) if error.is_outage() => {
                        tracing::warn!(%error, "deliveries wait for the store");
                        sleep(PAUSE).await;
                    }
                    Err(error) => {
                        tracing::error!(%error, "a change is not delivered");
                        break;
                    }
                }
            }
            self.followed = entry.position;
        }
    }

    async fn take_one(&mut self, entry: &LogEntry) -> Result<(), DeliveryError> {
        let at = entry.position;
        match journal::decode(entry)? {
            Change::Event { room, event, .. } => self.take_event(room, event, at).await,
            Change::Receipt { room, user, .. } => {
                self.inner.badges.read(&user, room);
                self.count(&user, at);
                Ok(())
            }
            Change::AccountData { user, room: None, .. } => {
                self.inner.forget_basis(&user);
                self.count(&user, at);
                Ok(())
            }
            Change::Pushers { user } | Change::Session { user, .. } | Change::Erased { user } => {
                self.read_owner(&user).await
            }
            _ => Ok(()),
        }
    }

    /// Reads anew which pushers a person has, and removes those whose sessions have ended.
    async fn read_owner(&mut self, user: &UserId) -> Result<(), DeliveryError> {
        self.inner.prune(user).await?;
        let rows = self.inner.rows(user).await?;
        self.worked = true;
        if rows.is_empty() {
            self.owners.remove(user);
        } else {
            let ids = rows.iter().map(|row| row.pusher.id()).collect();
            self.owners.insert(user.to_owned(), ids);
        }
        Ok(())
    }

    async fn take_event(
        &mut self,
        room: RoomNo,
        event: EventNo,
        at: LogPosition,
    ) -> Result<(), DeliveryError> {
        if self.owners.is_empty() {
            return Ok(());
        }
        let rooms = &self.inner.rooms;
        let room = match rooms.room_by_number(room).await {
            Ok(room) => room,
            Err(RoomError::UnknownRoom(_) | RoomError::Deleted(_)) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let Some(event) = rooms.events(&[event]).await?.pop() else { return Ok(()) };
        if self.inner.clock.now().since(event.pdu.origin_server_ts()) > OLDEST {
            return Ok(());
        }
        let current = rooms.current_with(&room, event.ord).await?;
        // Who says something has read what was before.
        self.count(&event.sender().to_owned(), at);
        for user in self.concerned(&current, &event) {
            if self.notifies((&room, &current), &user, &event).await? {
                self.enqueue(&user, &event, at);
            }
        }
        Ok(())
    }

    /// Who has pushers of those in a room, and of whom an event asks to come.
    fn concerned(&self, current: &Current, event: &Stored) -> Vec<OwnedUserId> {
        let is_in = |user: &UserId| current.membership(user) == Membership::Join;
        let invited = event.pdu.state_key().filter(|_| event.kind() == "m.room.member");
        let invited = invited.and_then(|key| UserId::parse(key).ok());
        let invited = invited.filter(|user| self.owners.contains_key(user) && !is_in(user));
        let mut concerned: Vec<_> = invited.into_iter().collect();
        if self.owners.len() < current.members.size() {
            concerned.extend(self.owners.keys().filter(|user| is_in(user)).cloned());
        } else {
            let members = current.members.iter().filter(|(_, is)| **is == Membership::Join);
            let owning = members.filter(|(user, _)| self.owners.contains_key(*user));
            concerned.extend(owning.map(|(user, _)| user.clone()));
        }
        concerned
    }

    async fn notifies(
        &self,
        place: (&Room, &Current),
        user: &UserId,
        event: &Stored,
    ) -> Result<bool, DeliveryError> {
        let basis = self.inner.basis(user).await?;
        Ok(self.inner.attention.actions(place, user, &basis, event).await?.is_some())
    }

    fn enqueue(&mut self, user: &OwnedUserId, event: &Stored, at: LogPosition) {
        self.worked = true;
        for id in self.owners.get(user).cloned().unwrap_or_default() {
            let key = (user.clone(), id);
            if self.queues.add(&key, waiting(event, event.no), at) {
                self.work(key, 0);
            }
        }
    }

    /// What a person has unread may be otherwise.
    fn count(&mut self, user: &OwnedUserId, at: LogPosition) {
        for id in self.owners.get(user).cloned().unwrap_or_default() {
            self.worked = true;
            let key = (user.clone(), id);
            if self.queues.add_count(&key, at) {
                self.work(key, 0);
            }
        }
    }

    fn work(&mut self, key: PusherKey, tries: u32) {
        let (inner, queues) = (Arc::clone(&self.inner), self.queues.clone());
        self.workers.spawn(Worker { inner, queues, key, tries }.run());
    }
}
