//! Follows the log and marks, in the cell of each connected person, what moved for them.
//!
//! There is one hub per process. It knows which connected people are in which rooms, in the order
//! of the log: built from the store when a person connects, moved by the log's own membership
//! events after. So an event reaches exactly those who were in the room when it came, and costs
//! nothing for those who are not connected. A position is published after everything up to it is
//! marked, and people are woken after that: who looks after having asked to be woken misses nothing.

mod people;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use base::change::Change;
use base::clock::{Clock, Timestamp};
use base::number::{LogPosition, RoomNo};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use journal::Span;
use parking_lot::Mutex;
use presence::PresenceVersion;
use rooms::{Membership, Rooms, Standing, Stored, TypingVersion};
use ruma_common::{OwnedUserId, UserId};
use store::{LogEntry, Store, StoreError};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::cell::{Cell, Seat};
use crate::moment::membership;
use crate::peek::Peeks;
use crate::sliding::roster::Stands;
use crate::typing::{Typing, Typists, check_number};
use crate::{SyncError, Token};
use people::{Facts, People, Touched};

/// How long a person's cell is kept after they last synced.
const KEPT: Duration = Duration::from_mins(10);
/// How long whoever asks waits for the log to be read: longer than a database is away for a moment.
const PATIENCE: Duration = Duration::from_secs(10);

/// Rooms whose places are read at once.
const AT_ONCE: usize = 64;
/// How long an answer of the store may take that says that it is there.
const SOON: Duration = Duration::from_secs(2);

/// What a running server knows of connected people.
pub(crate) struct Hub {
    store: Store,
    rooms: Rooms,
    clock: Arc<dyn Clock>,
    people: Mutex<People>,
    marked: watch::Receiver<LogPosition>,
    /// Tells this node's tokens from another's.
    node: u64,
    typed: Mutex<Typed>,
    /// Up to which version it is marked who is there.
    presence: AtomicU64,
    /// Who looks into rooms that they are not in.
    pub(crate) peeks: Peeks,
}

/// Who types, as far as it is marked.
struct Typed {
    version: TypingVersion,
    /// Rooms in which somebody does, with a check number of whom.
    rooms: HashMap<RoomNo, u32>,
}

impl Hub {
    /// A hub at the log's end, and the means to publish how far it has come.
    pub(crate) fn new(
        store: Store,
        rooms: Rooms,
        clock: Arc<dyn Clock>,
    ) -> (Self, watch::Sender<LogPosition>) {
        let (publish, marked) = watch::channel(store.log_end());
        let typed = Typed { version: rooms.typing_version(), rooms: HashMap::new() };
        let (people, typed) = (Mutex::default(), Mutex::new(typed));
        let node = u64::from(rooms.typing_epoch());
        let (presence, peeks) = (AtomicU64::new(0), Peeks::default());
        (Self { store, rooms, clock, people, marked, node, typed, presence, peeks }, publish)
    }

    /// Whether the store answers soon.
    pub(crate) async fn is_reachable(&self) -> bool {
        let asked = timeout(SOON, self.store.catch_up()).await;
        matches!(asked, Ok(Ok(_)))
    }

    /// The number of this node, drawn when it started.
    pub(crate) fn node(&self) -> u64 {
        self.node
    }

    /// How far everything is marked.
    pub(crate) fn position(&self) -> LogPosition {
        *self.marked.borrow()
    }

    /// How far everything is marked for a person: what an answer made now tells up to.
    pub(crate) fn now(&self, cell: &Cell) -> Token {
        // Who types is taken first: what is marked of it later is told again, not lost.
        let typing = self.typing(cell);
        let presence = self.presence_marked();
        Token { presence, ..Token::at(self.position(), typing) }
    }

    /// A token as this node would have given it, and the rooms of which the person was told
    /// otherwise who types; `None` where this node gave it.
    pub(crate) fn adopt(&self, token: Token, cell: &Cell) -> (Token, Option<Vec<RoomNo>>) {
        if token.typing.node == self.node {
            return (token, None);
        }
        let typing = self.typing(cell);
        let rooms = typing.shown.differing(&token.typing.shown);
        (Token { typing, presence: 0, ..token }, Some(rooms))
    }

    /// Who types where a person is.
    fn typing(&self, cell: &Cell) -> Typing {
        let typed = self.typed.lock();
        let rooms = typed.rooms.iter().filter(|(room, _)| cell.is_in(**room));
        let shown = Typists::of(rooms.map(|(room, typists)| (*room, *typists)));
        Typing { node: self.node, version: typed.version, shown }
    }

    /// Waits until everything that this node knows of the log is marked: who asks reads their own
    /// writes.
    pub(crate) async fn catch_up(&self) -> Result<(), SyncError> {
        let end = self.store.log_end();
        if self.position() >= end {
            return Ok(());
        }
        let mut marked = self.marked.clone();
        let reached = timeout(PATIENCE, marked.wait_for(|position| *position >= end)).await;
        let behind = || {
            let reason = format!("the log is not read up to {end}");
            SyncError::Store(StoreError::Unavailable { reason })
        };
        reached.map_err(|_| behind())?.map_err(|_| SyncError::Closed)?;
        Ok(())
    }

    /// A seat in a person's cell. Their rooms are read when there is none yet.
    pub(crate) async fn seat(&self, user: &UserId) -> Result<Seat, SyncError> {
        let now = self.clock.now();
        let seat = {
            let mut people = self.people.lock();
            let cell = people.cell(user, *self.marked.borrow());
            Seat::take(&cell, now)
        };
        seat.settled.get_or_try_init(|| self.settle(&seat)).await?;
        Ok(seat)
    }

    /// Finds a person's rooms. The cell is marked by the log from before they are read, and they
    /// are taken once the log was followed to after they were read: whatever moved meanwhile, the
    /// log has told.
    async fn settle(&self, cell: &Arc<Cell>) -> Result<(), SyncError> {
        let listed = self.rooms.standings(&cell.user).await?;
        self.catch_up().await?;
        let mut people = self.people.lock();
        let listed = listed.iter().map(|standing| (standing.room, standing.membership));
        for room in cell.settle(listed, *self.marked.borrow()) {
            people.watch(room, cell);
        }
        cell.presence.begin(self.presence_marked());
        Ok(())
    }

    /// Has the rooms of a person in the order of lists, from the first list on that anybody asks for.
    pub(crate) async fn place(&self, cell: &Cell) -> Result<(), SyncError> {
        let place = || async {
            cell.await_roster();
            let listed = self.listed(&cell.user).await?;
            self.catch_up().await?;
            cell.take_roster(listed);
            Ok(())
        };
        cell.placed.get_or_try_init(place).await.copied()
    }

    /// A person's rooms in their places, as the store has them.
    async fn listed(&self, user: &UserId) -> Result<Vec<(RoomNo, Stands, LogPosition)>, SyncError> {
        let mut standings = self.rooms.standings(user).await?;
        standings.retain(|standing| !standing.forgotten);
        let unsure = standings.iter().filter(|one| one.membership != Membership::Join);
        let numbers: Vec<_> = unsure.map(|standing| standing.event).collect();
        let mut others = HashMap::new();
        for event in self.rooms.events(&numbers).await? {
            if let Some(membership) = membership(&event) {
                others.insert(event.no, stands(&self.rooms, &event, membership).await?);
            }
        }
        let entries = standings.iter().filter_map(|standing| {
            let stands = match standing.membership {
                Membership::Join => Stands::In,
                _ => others.remove(&standing.event)?,
            };
            Some((*standing, stands))
        });
        let entries: Vec<_> = entries.collect();
        let placed = stream::iter(entries).map(|(standing, stands)| async move {
            let at = self.place_in_log(&standing, &stands).await?;
            Ok::<_, SyncError>((standing.room, stands, at))
        });
        placed.buffer_unordered(AT_ONCE).try_collect().await
    }

    /// Where in the log a room's newest event is, or for who is not in it, what made it so.
    async fn place_in_log(
        &self,
        standing: &Standing,
        stands: &Stands,
    ) -> Result<LogPosition, SyncError> {
        let (upto, none) = (LogPosition(u64::MAX), LogPosition(0));
        Ok(match stands {
            // Rooms that the person left have no place in lists.
            Stands::Gone => none,
            Stands::In => {
                let span = Span { after: none, upto };
                let newest = journal::newest_events(&self.store, standing.room, span, 1).await?;
                newest.first().map_or(none, |(position, _)| *position)
            }
            _ => {
                let upto = self.store.log_end();
                let (room, ord) = (standing.room, standing.ord);
                journal::position_of(&self.store, room, ord, upto).await?.unwrap_or(none)
            }
        })
    }

    /// Marks what a stretch of the log tells of, publishes how far it goes, and wakes.
    pub(crate) async fn take(
        &self,
        entries: &[LogEntry],
        publish: &watch::Sender<LogPosition>,
    ) -> Result<(), SyncError> {
        let mut changes = Vec::with_capacity(entries.len());
        for entry in entries {
            changes.push((entry.position, journal::decode(entry)?));
        }
        let facts = self.facts(&changes).await?;
        // An answer up to here is read from rooms that are at least as far.
        if let Some((last, _)) = changes.last() {
            self.rooms.catch_up_to(*last).await?;
        }
        let mut touched = Touched::default();
        {
            let mut people = self.people.lock();
            for (position, change) in &changes {
                people.note(change, *position, &facts, &mut touched);
            }
            if let Some((last, _)) = changes.last() {
                publish.send_replace(*last);
            }
        }
        touched.tell();
        self.peeks.tell(changes.iter().map(|(_, change)| change));
        Ok(())
    }

    async fn facts(&self, changes: &[(LogPosition, Change)]) -> Result<Facts, SyncError> {
        let mut facts = Facts::default();
        let mut members = Vec::new();
        for (_, change) in changes {
            match change {
                Change::Event { event, member: Some(_), .. } => members.push(*event),
                Change::DeviceList { user } if !facts.rooms.contains_key(user) => {
                    let rooms = self.rooms.rooms_of(user, Membership::Join).await?;
                    facts.rooms.insert(user.clone(), rooms.iter().map(|room| room.no).collect());
                }
                _ => {}
            }
        }
        for event in self.rooms.events(&members).await? {
            if let Some(membership) = membership(&event) {
                let stands = stands(&self.rooms, &event, membership).await?;
                facts.standings.insert(event.no, (membership, stands));
            }
        }
        Ok(facts)
    }

    /// What the log told could not be followed: all cells go, and are read anew from the store.
    pub(crate) fn begin_anew(&self, position: LogPosition, publish: &watch::Sender<LogPosition>) {
        let dropped = {
            let mut people = self.people.lock();
            publish.send_replace(position);
            people.watchers.clear();
            std::mem::take(&mut people.cells)
        };
        for cell in dropped.values() {
            cell.drop_out();
        }
    }

    /// Marks that who types in a room changed.
    pub(crate) fn take_typing(&self, room: RoomNo) {
        let (typists, version) = self.rooms.typing(room);
        let watchers = {
            let people = self.people.lock();
            let watchers = people.watchers.get(&room).cloned().unwrap_or_default();
            for cell in watchers.values() {
                cell.mark_typing(room, version);
            }
            self.typed.lock().take(room, &typists, version);
            watchers
        };
        for cell in watchers.values() {
            cell.tell();
        }
    }

    /// From now on, it is marked who comes and goes after this version.
    pub(crate) fn begin_presence(&self, version: PresenceVersion) {
        self.presence.store(version, Ordering::SeqCst);
    }

    /// Up to which version it is marked who is there.
    pub(crate) fn presence_marked(&self) -> PresenceVersion {
        self.presence.load(Ordering::SeqCst)
    }

    /// The rooms of a person who is connected here.
    pub(crate) fn rooms_of(&self, user: &UserId) -> Option<Vec<RoomNo>> {
        let people = self.people.lock();
        people.cells.get(user).filter(|cell| cell.settled.initialized()).map(|cell| cell.joined())
    }

    /// Marks that people came, went or said something of themselves, for those in their rooms.
    pub(crate) fn take_presence(
        &self,
        changed: &[(PresenceVersion, OwnedUserId, Vec<RoomNo>)],
        upto: PresenceVersion,
    ) {
        let mut touched = Touched::default();
        {
            let people = self.people.lock();
            for (version, user, rooms) in changed {
                let mut sharers = Touched::default();
                people.cells.get(user).into_iter().for_each(|cell| sharers.add(cell));
                let watchers = rooms.iter().filter_map(|room| people.watchers.get(room));
                watchers.flat_map(HashMap::values).for_each(|cell| sharers.add(cell));
                for cell in sharers.0.into_values() {
                    cell.presence.mark(*version, user);
                    touched.add(&cell);
                }
            }
            self.presence.store(upto, Ordering::SeqCst);
        }
        touched.tell();
    }

    /// Whether anybody types anywhere.
    pub(crate) fn anybody_types(&self) -> bool {
        !self.typed.lock().rooms.is_empty()
    }

    /// Rooms that connected people are in, or in which somebody typed.
    pub(crate) fn watched(&self) -> HashSet<RoomNo> {
        let typed: Vec<_> = self.typed.lock().rooms.keys().copied().collect();
        self.people.lock().watchers.keys().copied().chain(typed).collect()
    }

    /// Lets go of people who have not synced for long.
    pub(crate) fn sweep(&self) {
        let now = self.clock.now();
        let kept = u64::try_from(KEPT.as_millis()).unwrap_or(u64::MAX);
        let before = Timestamp(now.0.saturating_sub(kept));
        let mut people = self.people.lock();
        let idle: Vec<_> =
            people.cells.values().filter(|cell| cell.is_idle_since(before)).cloned().collect();
        for cell in idle {
            people.cells.remove(&cell.user);
            for room in cell.joined() {
                people.unwatch(room, &cell);
            }
        }
    }
}

impl Typed {
    fn take(&mut self, room: RoomNo, typists: &[OwnedUserId], version: TypingVersion) {
        self.version = self.version.max(version);
        if typists.is_empty() {
            self.rooms.remove(&room);
        } else {
            self.rooms.insert(room, check_number(typists));
        }
    }
}

/// How a person stands to a room by the event of their membership.
async fn stands(
    rooms: &Rooms,
    event: &Stored,
    membership: Membership,
) -> Result<Stands, SyncError> {
    let of = event.pdu.state_key().and_then(|key| UserId::parse(key).ok());
    let of = of.unwrap_or_else(|| event.sender().to_owned());
    let by = event.sender().to_owned();
    let out = matches!(membership, Membership::Leave | Membership::Ban) && by != of;
    let ever_in = out && was_ever_in(rooms, event).await?;
    Ok(Stands::new(membership, (&by, &of), ever_in))
}

/// Whether the person of a membership was in the room at any time before.
async fn was_ever_in(rooms: &Rooms, event: &Stored) -> Result<bool, SyncError> {
    let mut replaced = event.replaces;
    while let Some(no) = replaced {
        let Some(before) = rooms.events(&[no]).await?.pop() else { break };
        if membership(&before) == Some(Membership::Join) {
            return Ok(true);
        }
        replaced = before.replaces;
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use base::clock::ManualClock;
    use rooms::{EncryptionPolicy, Settings};
    use ruma_common::{RoomVersionId, user_id};
    use store::MemoryDisk;
    use tokio::time::Instant;
    use vault::{KeyEncryptionKey, Vault};

    use super::*;

    async fn hub(clock: &Arc<ManualClock>) -> Hub {
        let store = || Store::open_memory(&MemoryDisk::new(), None).unwrap();
        let vault = Vault::open(store(), KeyEncryptionKey::from_bytes([7; 32])).await.unwrap();
        let settings = Settings {
            server_name: ruma_common::server_name!("s").to_owned(),
            default_version: RoomVersionId::V12,
            encryption: EncryptionPolicy::Optional,
        };
        let store = store();
        let rooms = Rooms::open(store.clone(), vault, settings, Arc::clone(clock) as _).await;
        Hub::new(store, rooms.unwrap(), Arc::clone(clock) as _).0
    }

    #[tokio::test]
    async fn people_who_went_away_are_let_go_of_and_those_who_wait_are_kept() {
        let clock = Arc::new(ManualClock::at(Timestamp(1_000_000_000)));
        let hub = hub(&clock).await;
        let held = || {
            let people = hub.people.lock();
            let mut held: Vec<_> =
                people.cells.keys().map(|user| user.localpart().to_owned()).collect();
            held.sort();
            held
        };
        let waits = hub.seat(user_id!("@waits:s")).await.unwrap();
        drop(hub.seat(user_id!("@gone:s")).await.unwrap());
        clock.advance(KEPT);
        hub.sweep();
        assert_eq!(held(), ["gone", "waits"]);
        drop(hub.seat(user_id!("@late:s")).await.unwrap());
        clock.advance(Duration::from_millis(1));
        hub.sweep();
        assert_eq!(held(), ["late", "waits"]);
        drop(waits);
        hub.sweep();
        assert_eq!(held(), ["late"]);
    }

    #[tokio::test]
    async fn whoever_sits_in_a_cell_that_is_dropped_is_told() {
        let clock = Arc::new(ManualClock::at(Timestamp(0)));
        let hub = hub(&clock).await;
        let seat = hub.seat(user_id!("@alice:s")).await.unwrap();
        let watch = seat.watch();
        let (publish, _) = watch::channel(LogPosition(0));
        hub.begin_anew(LogPosition(1), &publish);
        watch.wait(Instant::now() + KEPT).await;
        assert!(seat.is_dropped());
        assert!(!hub.seat(user_id!("@alice:s")).await.unwrap().is_dropped());
    }
}
