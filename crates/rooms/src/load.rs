//! The rooms of this server: opened once, each room loaded when first asked for.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use base::clock::{Clock, Timestamp};
use base::number::{EventNo, RoomNo};
use rules::event::body_owner;
use rules::tree::{Node, NodeNo};
use ruma_common::{EventId, OwnedRoomId, OwnedServerName, RoomId, RoomVersionId, UserId};
use ruma_signatures::Ed25519KeyPair;
use store::{Direction, Prefix, Store, Table};
use vault::{Owner, Vault};

use crate::error::RoomError;
use crate::event::{Stored, damaged, json_object, key_of_id};
use crate::live::Live;
use crate::room::{Current, Room};
use crate::tables::{
    BODIES, EVENT_IDS, EVENTS, EventRow, HEADS, ROOM_IDS, ROOMS, STATE, STATE_NODES,
};
use crate::typing::Typing;

/// Room ids held in memory at most.
const IDS_HELD: u64 = 100_000;
/// State events of all rooms held in memory at most, about; the least used rooms go first.
const STATE_HELD: u64 = 150_000;
/// Bytes of events held in memory at most, about.
const EVENTS_HELD: u64 = 64 << 20;
/// Bytes of nodes of state trees held in memory at most, about.
const NODES_HELD: u64 = 16 << 20;

/// What an encrypted room accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EncryptionPolicy {
    /// Private rooms are encrypted, and plaintext is refused there.
    Required,
    /// Plain Matrix: for conformance runs and tests of bridges.
    Optional,
}

/// How rooms are made here.
#[derive(Clone, Debug)]
pub struct Settings {
    /// This server.
    pub server_name: OwnedServerName,
    /// Version of new rooms.
    pub default_version: RoomVersionId,
    /// Whether plaintext is refused.
    pub encryption: EncryptionPolicy,
}

/// The rooms of this server. Cheap to clone.
#[derive(Clone)]
pub struct Rooms(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) store: Store,
    pub(crate) vault: Vault,
    pub(crate) settings: Settings,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) signing: Arc<Ed25519KeyPair>,
    pub(crate) numbers: Numbers,
    /// When the last room was made.
    last_creation: AtomicU64,
    pub(crate) typing: Typing,
    pub(crate) nodes: moka::sync::Cache<NodeNo, Arc<Node>>,
    pub(crate) events: moka::sync::Cache<EventNo, Arc<Stored>>,
    ids: moka::sync::Cache<OwnedRoomId, RoomNo>,
    rooms: moka::future::Cache<RoomNo, Arc<Room>>,
    live: Live,
}

/// The next numbers to give. A number given and not used is a gap, which harms nobody.
pub(crate) struct Numbers {
    room: AtomicU64,
    event: AtomicU64,
    node: AtomicU64,
}

impl Numbers {
    async fn load(store: &Store) -> Result<Self, RoomError> {
        let numbers =
            Self { room: AtomicU64::new(0), event: AtomicU64::new(0), node: AtomicU64::new(0) };
        numbers.catch_up(store).await?;
        Ok(numbers)
    }

    /// Goes beyond every number that the store has: another node may have given some.
    pub(crate) async fn catch_up(&self, store: &Store) -> Result<(), RoomError> {
        let room = last(store, &ROOMS).await?.map_or(0, |no| no.0);
        let event = last(store, &EVENTS).await?.map_or(0, |no| no.0);
        let node = last(store, &STATE_NODES).await?.unwrap_or(0);
        self.room.fetch_max(room, Ordering::Relaxed);
        self.event.fetch_max(event, Ordering::Relaxed);
        self.node.fetch_max(node, Ordering::Relaxed);
        Ok(())
    }

    pub(crate) fn room(&self) -> RoomNo {
        RoomNo(self.room.fetch_add(1, Ordering::Relaxed) + 1)
    }

    pub(crate) fn event(&self) -> EventNo {
        EventNo(self.event.fetch_add(1, Ordering::Relaxed) + 1)
    }

    pub(crate) fn node(&self) -> NodeNo {
        NodeNo(self.node.fetch_add(1, Ordering::Relaxed) + 1)
    }
}

impl Inner {
    /// The time for a room's first event, later than every one before: from version 12 on two
    /// rooms that one person makes alike in one millisecond would be the same.
    pub(crate) fn creation_time(&self) -> Timestamp {
        let now = self.clock.now().0;
        let next = |last: u64| Some(now.max(last + 1));
        let last = self.last_creation.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
        Timestamp(now.max(last.unwrap_or_default() + 1))
    }
}

fn weight(size: usize) -> u32 {
    u32::try_from(size).unwrap_or(u32::MAX)
}

async fn last<K: store::Key, V>(store: &Store, table: &Table<K, V>) -> Result<Option<K>, RoomError>
where
    V: serde::Serialize + serde::de::DeserializeOwned,
{
    let rows = table.scan(store, &Prefix::all(), Direction::Backward, 1).await?;
    Ok(rows.into_iter().next().map(|(key, _)| key))
}

impl Rooms {
    /// Opens the rooms of a store.
    pub async fn open(
        store: Store,
        vault: Vault,
        settings: Settings,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, RoomError> {
        let numbers = Numbers::load(&store).await?;
        let signing = vault.signing_key().await?;
        let typing = Typing::starting(clock.now());
        Ok(Self(Arc::new(Inner {
            store,
            vault,
            settings,
            clock,
            signing,
            numbers,
            last_creation: AtomicU64::new(0),
            typing,
            nodes: moka::sync::Cache::builder()
                .weigher(|_, node: &Arc<Node>| weight(node.size()))
                .max_capacity(NODES_HELD)
                .build(),
            events: moka::sync::Cache::builder()
                .weigher(|_, event: &Arc<Stored>| weight(event.size()))
                .max_capacity(EVENTS_HELD)
                .build(),
            ids: moka::sync::Cache::new(IDS_HELD),
            live: Live::default(),
            rooms: moka::future::Cache::builder()
                .weigher(|_, room: &Arc<Room>| weight(room.current().state.size()))
                .max_capacity(STATE_HELD)
                .build(),
        })))
    }

    /// How rooms are made here.
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// The room of an id.
    pub async fn room(&self, room_id: &RoomId) -> Result<Arc<Room>, RoomError> {
        if let Some(no) = self.0.ids.get(room_id) {
            return self.room_by_number(no).await;
        }
        let no = ROOM_IDS.get(&self.0.store, &room_id.to_string()).await?;
        let no = no.ok_or_else(|| RoomError::UnknownRoom(room_id.to_owned()))?;
        self.0.ids.insert(room_id.to_owned(), no);
        self.room_by_number(no).await
    }

    /// The room of a number that the store gave.
    pub async fn room_by_number(&self, no: RoomNo) -> Result<Arc<Room>, RoomError> {
        if let Some(room) = self.0.rooms.get(&no).await {
            return Ok(room);
        }
        let loaded = self.0.rooms.try_get_with(no, self.load(no)).await;
        loaded.map_err(|error: Arc<RoomError>| damaged(&error))
    }

    /// Runs once at a time for a room: the cache sees to it.
    async fn load(&self, no: RoomNo) -> Result<Arc<Room>, RoomError> {
        if let Some(room) = self.0.live.get(no) {
            return Ok(room);
        }
        let store = &self.0.store;
        let row = ROOMS.get(store, &no).await?;
        let row = row.ok_or_else(|| damaged(&format!("room {no} has no row")))?;
        let id = RoomId::parse(&row.room_id).map_err(|error| damaged(&error))?;
        let (version, rules) = version(&row.version)?;
        let room = Arc::new(Room::new(no, id, version, rules, self.load_current(no).await?));
        self.0.live.put(&room);
        Ok(room)
    }

    /// A room's current state, as the store has it.
    pub(crate) async fn load_current(&self, no: RoomNo) -> Result<Current, RoomError> {
        // Head and state must be of one moment.
        let moment = self.0.store.snapshot().await?;
        let head = HEADS.get(&moment, &no).await?;
        let head = head.ok_or_else(|| damaged(&format!("room {no} has no head")))?;
        let flat = STATE.all(&moment, &Prefix::of(&no)).await?;
        drop(moment);
        let numbers: Vec<_> = flat.iter().map(|(_, event)| *event).collect();
        let events = self.events(&numbers).await?;
        let mut current = Current { head, ..Current::empty() };
        for (((_, kind, state_key), _), event) in flat.into_iter().zip(events) {
            current.set((kind, state_key), event);
        }
        Ok(current)
    }

    /// The event of an id, if it is in the room.
    pub async fn event_in(
        &self,
        room: RoomNo,
        event_id: &EventId,
    ) -> Result<Option<Arc<Stored>>, RoomError> {
        match EVENT_IDS.get(&self.0.store, &(room, key_of_id(event_id))).await? {
            Some(no) => Ok(self.events(&[no]).await?.pop()),
            None => Ok(None),
        }
    }

    /// Events by number, in the order asked.
    pub async fn events(&self, numbers: &[EventNo]) -> Result<Vec<Arc<Stored>>, RoomError> {
        let mut found: HashMap<EventNo, Arc<Stored>> = HashMap::with_capacity(numbers.len());
        let mut missing = Vec::new();
        for no in numbers {
            match self.0.events.get(no) {
                Some(event) => drop(found.insert(*no, event)),
                None => missing.push(*no),
            }
        }
        if !missing.is_empty() {
            let rows = EVENTS.get_many(&self.0.store, &missing).await?;
            let bodies = BODIES.get_many(&self.0.store, &missing).await?;
            for ((no, row), body) in missing.into_iter().zip(rows).zip(bodies) {
                let row = row.ok_or_else(|| damaged(&format!("event {no} is missing")))?;
                let event = Arc::new(self.unseal(no, row, body).await?);
                // Whoever redacted it meanwhile has put it there first, and is right.
                let entry = self.0.events.entry(no).or_insert(event);
                found.insert(no, entry.into_value());
            }
        }
        Ok(numbers.iter().filter_map(|no| found.get(no).cloned()).collect())
    }

    /// Opens an event's body; without the key the skeleton is all there is.
    async fn unseal(
        &self,
        no: EventNo,
        row: EventRow,
        body: Option<Vec<u8>>,
    ) -> Result<Stored, RoomError> {
        let skeleton = json_object(row.skeleton.as_bytes())?;
        let Some(sealed) = body else { return Stored::read(no, row, skeleton) };
        let owner = body_owner(&skeleton).map_err(|error| damaged(&error))?;
        match self.0.vault.existing_key(&Owner::Person(owner)).await? {
            Some(key) => {
                let place = store::Key::to_bytes(&no);
                let place = vault::Place { table: BODIES.name(), key: &place };
                let body = json_object(&key.open(place, &sealed)?)?;
                Stored::read(no, row, rules::redaction::join(skeleton, body))
            }
            None => Stored::read(no, row, skeleton),
        }
    }

    /// Lets go of what is in memory of what a person wrote, once their key was destroyed: the
    /// store cannot open it any more, and nobody is to be shown it from here either.
    pub async fn forget_bodies_of(&self, user: &UserId) -> Result<(), RoomError> {
        let theirs = |event: &Stored| *event.pdu.body_owner() == *user;
        let events = self.0.events.iter();
        let numbers: Vec<_> =
            events.filter(|(_, event)| theirs(event)).map(|(no, _)| *no).collect();
        for no in numbers {
            self.0.events.invalidate(&no);
        }
        let rooms: Vec<_> = self.0.rooms.iter().map(|(_, room)| room).collect();
        for room in rooms {
            let _turn = room.writer.lock().await;
            if room.current().state.values().any(|event| theirs(event)) {
                room.advance(self.load_current(room.no).await?);
            }
        }
        Ok(())
    }

    /// Makes a room just created known.
    pub(crate) async fn adopt(&self, room: Arc<Room>) {
        self.0.live.put(&room);
        self.0.ids.insert(room.id.clone(), room.no);
        self.0.rooms.insert(room.no, room).await;
    }
}

/// A room version that this server knows, with its rules.
pub(crate) fn version(
    version: &str,
) -> Result<(RoomVersionId, ruma_common::room_version_rules::RoomVersionRules), RoomError> {
    let unsupported = || RoomError::UnsupportedVersion(version.to_owned());
    let id = RoomVersionId::try_from(version).map_err(|_| unsupported())?;
    let rules = rules::version::rules_of(&id).ok_or_else(unsupported)?;
    Ok((id, rules))
}

#[cfg(test)]
mod tests {
    use base::clock::ManualClock;
    use ruma_common::{server_name, user_id};
    use store::MemoryDisk;
    use vault::KeyEncryptionKey;

    use super::*;
    use crate::{Direct, MemberProfile, NewRoom, Preset};

    #[tokio::test]
    async fn a_room_that_left_the_cache_is_the_same_for_everybody() {
        let store = || Store::open_memory(&MemoryDisk::new(), None).unwrap();
        let master = KeyEncryptionKey::from_bytes([7; 32]);
        let vault = Vault::open(store(), master).await.unwrap();
        let settings = Settings {
            server_name: server_name!("chappe.example").to_owned(),
            default_version: RoomVersionId::V12,
            encryption: EncryptionPolicy::Required,
        };
        let clock = Arc::new(ManualClock::at(Timestamp(1)));
        let rooms = Rooms::open(store(), vault, settings, clock).await.unwrap();
        let new = NewRoom {
            version: None,
            preset: Preset::Private,
            listed: false,
            name: None,
            topic: None,
            alias: None,
            invite: Vec::new(),
            direct: Direct::No,
            creation_content: serde_json::Map::new(),
            initial_state: Vec::new(),
            power_levels: None,
        };
        let alice = user_id!("@alice:chappe.example");
        let id = rooms.create(alice, &MemberProfile::default(), new).await.unwrap();

        let held = rooms.room(&id).await.unwrap();
        rooms.0.rooms.invalidate_all();
        rooms.0.rooms.run_pending_tasks().await;
        assert!(Arc::ptr_eq(&held, &rooms.room(&id).await.unwrap()));

        drop(held);
        rooms.0.rooms.invalidate_all();
        assert_eq!(rooms.room(&id).await.unwrap().id, id);
    }
}
