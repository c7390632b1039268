//! The rooms of this server: opened once, each room loaded when first asked for.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, OnceLock};

use base::clock::Clock;
use base::number::RoomNo;
use rules::tree::{Node, NodeNo};
use ruma_common::{OwnedRoomId, OwnedServerName, RoomId, RoomVersionId};
use ruma_signatures::Ed25519KeyPair;
use store::{Prefix, Store};
use vault::Vault;

use crate::error::RoomError;
use crate::event::damaged;
use crate::events::Events;
use crate::follow::{Beginning, Tasks};
use crate::live::Live;
use crate::numbers::Numbers;
use crate::room::{Current, Room};
use crate::tables::{GRAVES, HEADS, ROOM_IDS, ROOMS, STATE};
use crate::typing::Typing;

/// Room ids held in memory at most.
const IDS_HELD: u64 = 100_000;
/// State events of all rooms held in memory at most, about; the least used rooms go first.
const STATE_HELD: u64 = 150_000;
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
    pub(crate) typing: Typing,
    /// State nodes: they never change.
    pub(crate) nodes: moka::sync::Cache<NodeNo, Arc<Node>>,
    /// Events: their bodies may go, and the log tells.
    pub(crate) events: Events,
    /// Rooms by id: a room is one for ever.
    pub(crate) ids: moka::sync::Cache<OwnedRoomId, RoomNo>,
    /// Rooms that stay in memory when nobody holds them.
    rooms: moka::future::Cache<RoomNo, Arc<Room>>,
    /// Rooms that anybody holds: these follow the log.
    pub(crate) live: Live,
    pub(crate) conflicts: AtomicU64,
    pub(crate) tasks: OnceLock<Tasks>,
}

pub(crate) fn weight(size: usize) -> u32 {
    u32::try_from(size).unwrap_or(u32::MAX)
}

impl Rooms {
    /// Opens the rooms of a store, and follows its log for as long as any handle is there.
    pub async fn open(
        store: Store,
        vault: Vault,
        settings: Settings,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, RoomError> {
        let beginning = Beginning::now(&store);
        let numbers = Numbers::new(store.clone());
        let signing = vault.signing_key().await?;
        let typing = Typing::starting(clock.now());
        let rooms = Self(Arc::new(Inner {
            store,
            vault,
            settings,
            clock,
            signing,
            numbers,
            typing,
            nodes: moka::sync::Cache::builder()
                .weigher(|_, node: &Arc<Node>| weight(node.size()))
                .max_capacity(NODES_HELD)
                .build(),
            events: Events::new(),
            ids: moka::sync::Cache::new(IDS_HELD),
            live: Live::default(),
            rooms: moka::future::Cache::builder()
                .weigher(|_, room: &Arc<Room>| weight(room.current().state.size()))
                .max_capacity(STATE_HELD)
                .build(),
            conflicts: AtomicU64::new(0),
            tasks: OnceLock::new(),
        }));
        let weak = Arc::downgrade(&rooms.0);
        rooms.0.tasks.get_or_init(|| Tasks::start(weak, beginning));
        Ok(rooms)
    }

    /// How rooms are made here.
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// The room of an id.
    pub async fn room(&self, room_id: &RoomId) -> Result<Arc<Room>, RoomError> {
        self.room_by_number(self.number_of(room_id).await?).await
    }

    /// The number of a room.
    pub(crate) async fn number_of(&self, room_id: &RoomId) -> Result<RoomNo, RoomError> {
        if let Some(no) = self.0.ids.get(room_id) {
            return Ok(no);
        }
        let no = ROOM_IDS.get(&self.0.store, &room_id.to_string()).await?;
        let no = no.ok_or_else(|| RoomError::UnknownRoom(room_id.to_owned()))?;
        self.0.ids.insert(room_id.to_owned(), no);
        Ok(no)
    }

    /// The room of a number that the store gave.
    pub async fn room_by_number(&self, no: RoomNo) -> Result<Arc<Room>, RoomError> {
        if let Some(room) = self.0.rooms.get(&no).await {
            return Ok(room);
        }
        // Apart: whoever finds the room held, nearly everybody, carries no room for this.
        let loaded = self.0.rooms.try_get_with(no, Box::pin(self.load(no))).await;
        loaded.map_err(|error: Arc<RoomError>| match &*error {
            RoomError::Deleted(no) => RoomError::Deleted(*no),
            error => damaged(error),
        })
    }

    /// Runs once at a time for a room: the cache sees to it.
    async fn load(&self, no: RoomNo) -> Result<Arc<Room>, RoomError> {
        if let Some(room) = self.0.live.get(no) {
            // Unless it could not be read when it was to be.
            if room.current().is_nothing() {
                self.reload(&room).await?;
            }
            return Ok(room);
        }
        let store = &self.0.store;
        let row = ROOMS.get(store, &no).await?;
        let Some(row) = row else {
            return Err(match GRAVES.get(store, &no).await? {
                Some(_) => RoomError::Deleted(no),
                None => damaged(&format!("room {no} has no row")),
            });
        };
        let id = RoomId::parse(&row.room_id).map_err(|error| damaged(&error))?;
        let (version, rules) = version(&row.version)?;
        let room = Arc::new(Room::new(no, id, version, rules, Current::empty()));
        // Known before it is read: what is told of it from now on moves it on.
        self.0.live.put(&room);
        self.reload(&room).await?;
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

    /// The id that a deleted room had.
    pub async fn id_of_deleted(&self, no: RoomNo) -> Result<Option<OwnedRoomId>, RoomError> {
        let id = GRAVES.get(&self.0.store, &no).await?;
        id.map(|id| RoomId::parse(id).map_err(|error| damaged(&error))).transpose()
    }

    /// Lets go of a room that was deleted: who asks for it from now on finds nothing.
    pub(crate) async fn let_go_of(&self, no: RoomNo) {
        if let Some(room) = self.0.live.remove(no) {
            self.0.ids.invalidate(&room.id);
        }
        self.0.rooms.invalidate(&no).await;
    }

    /// Makes a room just created known, unless somebody was faster to load it.
    pub(crate) async fn adopt(&self, room: Arc<Room>) {
        self.0.ids.insert(room.id.clone(), room.no);
        let (no, id) = (room.no, room.id.clone());
        let known = async {
            self.0.live.put(&room);
            // Somebody may have come in before it was known.
            self.bring_up(&room).await.map(|_| room)
        };
        if let Err(error) = self.0.rooms.try_get_with(no, Box::pin(known)).await {
            tracing::debug!(%error, room = %id, "a new room is read when it is asked for");
        }
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
    use base::clock::{ManualClock, Timestamp};
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
