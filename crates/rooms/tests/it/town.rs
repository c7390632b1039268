//! A server's rooms, and the people in them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use base::clock::{Clock, ManualClock, Timestamp};
use parking_lot::RwLock;
use rooms::{
    Direct, EncryptionPolicy, MemberProfile, Membership, MembershipChange, NewRoom, PageRequest,
    Preset, RoomError, Rooms, Settings, StateInput, Stored, Transaction, Way,
};
use rules::build::Draft;
use ruma_common::{
    EventId, OwnedDeviceId, OwnedEventId, OwnedRoomId, OwnedUserId, RoomId, RoomVersionId, UserId,
    server_name,
};
use serde_json::{Map, Value, json};
use store::{MemoryDisk, Store, StoreError};
use tempfile::TempDir;
use vault::{KeyEncryptionKey, Vault};

/// A server.
pub(crate) struct Town {
    pub(crate) rooms: Rooms,
    pub(crate) store: Store,
    pub(crate) vault: Vault,
    pub(crate) clock: Arc<ManualClock>,
    door: Door,
    settings: Settings,
    ground: Ground,
}

/// Where people find the rooms: they outlive a restart, what they hold of the server must not.
type Door = Arc<RwLock<Option<Rooms>>>;

/// What outlives it.
enum Ground {
    Memory { data: MemoryDisk, keys: MemoryDisk },
    Redb(TempDir),
}

impl Ground {
    async fn open(&self) -> (Store, Store) {
        match self {
            Self::Memory { data, keys } => {
                (Store::open_memory(data, None).unwrap(), Store::open_memory(keys, None).unwrap())
            }
            Self::Redb(folder) => {
                let file = |name| folder.path().join(name);
                (open_file(&file("data.redb")).await, open_file(&file("keys.redb")).await)
            }
        }
    }
}

impl Ground {
    fn share(&self) -> Self {
        match self {
            Self::Memory { data, keys } => Self::Memory { data: data.clone(), keys: keys.clone() },
            Self::Redb(_) => panic!("a file is one process's"),
        }
    }
}

/// Opens a file, once whoever had it has let it go: the tasks of a server end a moment after it.
async fn open_file(path: &Path) -> Store {
    loop {
        match Store::open_redb(path, 1 << 22) {
            Err(StoreError::InUse { .. }) => tokio::task::yield_now().await,
            opened => return opened.unwrap(),
        }
    }
}

impl Town {
    /// A server on each engine.
    pub(crate) async fn everywhere() -> [Self; 2] {
        [Self::new().await, Self::build(Ground::Redb(tempfile::tempdir().unwrap())).await]
    }

    /// A server in memory.
    pub(crate) async fn new() -> Self {
        Self::build(Ground::Memory { data: MemoryDisk::new(), keys: MemoryDisk::new() }).await
    }

    /// A server in memory that takes plaintext everywhere.
    pub(crate) async fn lenient() -> Self {
        let town = Self::new().await;
        let encryption = EncryptionPolicy::Optional;
        let settings = Settings { encryption, ..town.settings.clone() };
        Self::start(town.ground, settings, town.clock).await
    }

    async fn build(ground: Ground) -> Self {
        let clock = Arc::new(ManualClock::at(Timestamp(1_700_000_000_000)));
        let settings = Settings {
            server_name: server_name!("s.test").to_owned(),
            default_version: RoomVersionId::V12,
            encryption: EncryptionPolicy::Required,
        };
        Self::start(ground, settings, clock).await
    }

    async fn start(ground: Ground, settings: Settings, clock: Arc<ManualClock>) -> Self {
        let (store, keys) = ground.open().await;
        let vault = Vault::open(keys, KeyEncryptionKey::from_bytes([7; 32])).await.unwrap();
        let shared: Arc<dyn Clock> = Arc::clone(&clock) as _;
        let rooms = Rooms::open(store.clone(), vault.clone(), settings.clone(), shared);
        let rooms = rooms.await.unwrap();
        let door = Arc::new(RwLock::new(Some(rooms.clone())));
        Self { rooms, store, vault, clock, door, settings, ground }
    }

    /// The same server after it was stopped.
    pub(crate) async fn restarted(self) -> Self {
        let Self { rooms, store, vault, clock, door, settings, ground } = self;
        *door.write() = None;
        drop((rooms, store, vault));
        let town = Self::start(ground, settings, clock).await;
        *door.write() = Some(town.rooms.clone());
        Self { door, ..town }
    }

    /// Another process on the same store.
    pub(crate) async fn twin(&self) -> Rooms {
        let clock: Arc<dyn Clock> = Arc::clone(&self.clock) as _;
        let (store, vault) = (self.store.clone(), self.vault.clone());
        Rooms::open(store, vault, self.settings.clone(), clock).await.unwrap()
    }

    /// Another node of a cluster, over the same disk. For towns in memory.
    pub(crate) async fn node(&self) -> Self {
        let ground = self.ground.share();
        Self::start(ground, self.settings.clone(), Arc::clone(&self.clock)).await
    }

    /// Another node, which hears nothing of what the others do: what it was opened on stands
    /// still.
    pub(crate) async fn deaf_node(&self) -> Rooms {
        let ground = self.ground.share();
        let (settings, clock) = (self.settings.clone(), Arc::clone(&self.clock));
        let opened = tokio::task::spawn_blocking(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let town = runtime.block_on(Self::start(ground, settings, clock));
            std::mem::forget(runtime);
            town.rooms
        });
        opened.await.unwrap()
    }

    /// A person of this server, by their first device.
    pub(crate) fn person(&self, name: &str) -> Person {
        Person::new(Arc::clone(&self.door), name)
    }

    /// Several.
    pub(crate) fn people<const N: usize>(&self, names: [&str; N]) -> [Person; N] {
        names.map(|name| self.person(name))
    }
}

/// Somebody.
#[derive(Clone)]
pub(crate) struct Person {
    door: Door,
    pub(crate) id: OwnedUserId,
    pub(crate) device: OwnedDeviceId,
    pub(crate) profile: MemberProfile,
    requests: Arc<AtomicU64>,
}

pub(crate) type Outcome<T = ()> = Result<T, RoomError>;

impl Person {
    fn new(door: Door, name: &str) -> Self {
        Self {
            door,
            id: UserId::parse(format!("@{name}:s.test")).unwrap(),
            device: "FIRST".into(),
            profile: MemberProfile { name: Some(format!("{name}'s name")), avatar: None },
            requests: Arc::default(),
        }
    }

    /// Somebody of a server that is no town.
    pub(crate) fn of(rooms: Rooms, name: &str) -> Self {
        Self::new(Arc::new(RwLock::new(Some(rooms))), name)
    }

    /// The same person, by another process.
    pub(crate) fn by(&self, rooms: &Rooms) -> Self {
        Self { door: Arc::new(RwLock::new(Some(rooms.clone()))), ..self.clone() }
    }

    /// The rooms that this person finds.
    pub(crate) fn rooms(&self) -> Rooms {
        self.door.read().clone().expect("the server runs")
    }

    pub(crate) async fn creates(&self, new: NewRoom) -> OwnedRoomId {
        self.rooms().create(&self.id, &self.profile, new).await.unwrap()
    }

    /// Creates a room in which these people are.
    pub(crate) async fn gathers(&self, new: NewRoom, others: &[&Self]) -> OwnedRoomId {
        let invite = others.iter().map(|other| (other.id.clone(), other.profile.clone()));
        let room = self.creates(NewRoom { invite: invite.collect(), ..new }).await;
        for other in others {
            other.joins(&room).await.unwrap();
        }
        room
    }

    async fn change(
        &self,
        room: &RoomId,
        (of, to): (&Self, Membership),
        reason: Option<String>,
    ) -> Outcome {
        let profile = match to {
            Membership::Leave | Membership::Ban => MemberProfile::default(),
            _ => of.profile.clone(),
        };
        let change = MembershipChange { by: &self.id, of: &of.id, to, reason, profile };
        self.rooms().change_membership(room, change).await
    }

    pub(crate) async fn joins(&self, room: &RoomId) -> Outcome {
        self.change(room, (self, Membership::Join), None).await
    }

    pub(crate) async fn knocks(&self, room: &RoomId) -> Outcome {
        self.change(room, (self, Membership::Knock), None).await
    }

    pub(crate) async fn leaves(&self, room: &RoomId) -> Outcome {
        self.change(room, (self, Membership::Leave), None).await
    }

    pub(crate) async fn invites(&self, room: &RoomId, other: &Self) -> Outcome {
        self.change(room, (other, Membership::Invite), None).await
    }

    pub(crate) async fn bans(&self, room: &RoomId, other: &Self) -> Outcome {
        self.change(room, (other, Membership::Ban), Some("a reason".to_owned())).await
    }

    pub(crate) async fn kicks(&self, room: &RoomId, other: &Self) -> Outcome {
        self.rooms().kick(&self.id, room, &other.id, None).await
    }

    pub(crate) async fn unbans(&self, room: &RoomId, other: &Self) -> Outcome {
        self.rooms().unban(&self.id, room, &other.id, None).await
    }

    pub(crate) async fn forgets(&self, room: &RoomId) -> Outcome {
        self.rooms().forget(&self.id, room).await
    }

    /// A request of this person's device.
    pub(crate) fn request(&self, id: &str) -> Transaction {
        Transaction { device: self.device.clone(), id: id.to_owned() }
    }

    fn next_request(&self) -> Transaction {
        self.request(&format!("r{}", self.requests.fetch_add(1, Ordering::Relaxed)))
    }

    /// Sends a message of a type.
    pub(crate) async fn sends(
        &self,
        room: &RoomId,
        kind: &str,
        content: Value,
    ) -> Outcome<OwnedEventId> {
        let draft = Draft::message(kind, content);
        self.rooms().send(&self.id, room, draft, Some(self.next_request())).await
    }

    /// Sends words, as a client that encrypts.
    pub(crate) async fn says(&self, room: &RoomId, words: &str) -> Outcome<OwnedEventId> {
        self.sends(room, "m.room.encrypted", encrypted(words)).await
    }

    pub(crate) async fn sets(
        &self,
        room: &RoomId,
        (kind, state_key): (&str, &str),
        content: Value,
    ) -> Outcome<OwnedEventId> {
        self.rooms().set_state(&self.id, room, Draft::state(kind, state_key, content)).await
    }

    pub(crate) async fn redacts(&self, room: &RoomId, event: &EventId) -> Outcome<OwnedEventId> {
        let why = Some("a mistake".to_owned());
        self.rooms().redact(&self.id, room, (event, why), self.next_request()).await
    }

    /// The room's whole timeline as this person sees it, oldest first.
    pub(crate) async fn sees(&self, room: &RoomId) -> Outcome<Vec<Value>> {
        let viewer = self.rooms().reader(&self.id, room, Some(self.device.clone())).await?;
        let everything = |_: &Stored| true;
        let request = PageRequest {
            from: None,
            to: None,
            way: Way::Forward,
            limit: usize::MAX,
            wanted: &everything,
        };
        let page = self.rooms().messages(&viewer, request).await?;
        let texts = viewer.client_json_all(&page.events).await?;
        Ok(texts.iter().map(|text| serde_json::from_str(text).unwrap()).collect())
    }

    /// One event as this person sees it.
    pub(crate) async fn looks_at(&self, room: &RoomId, event: &EventId) -> Outcome<Value> {
        let viewer = self.rooms().reader(&self.id, room, Some(self.device.clone())).await?;
        let shown = self.rooms().event(&viewer, event).await?;
        Ok(serde_json::from_str(&viewer.client_json(&shown).await?).unwrap())
    }

    /// The words that this person sees said.
    pub(crate) async fn hears(&self, room: &RoomId) -> Outcome<Vec<String>> {
        let said = self.sees(room).await?;
        Ok(said.iter().filter_map(words).collect())
    }

    /// Content of a state event of the room, if it is there.
    pub(crate) async fn state(&self, room: &RoomId, kind: &str, state_key: &str) -> Option<Value> {
        let key = (kind.to_owned(), state_key.to_owned());
        let event = self.rooms().state_event(&self.id, room, key).await;
        event.ok().map(|event| event.pdu.content_as().unwrap())
    }

    /// How this person stands to the room.
    pub(crate) async fn standing(&self, room: &RoomId) -> Membership {
        self.rooms().room(room).await.unwrap().current().membership(&self.id)
    }
}

/// A room to make, of a kind.
pub(crate) fn new_room(preset: Preset) -> NewRoom {
    NewRoom {
        version: None,
        preset,
        listed: false,
        name: None,
        topic: None,
        alias: None,
        invite: Vec::new(),
        direct: Direct::No,
        creation_content: Map::new(),
        initial_state: Vec::new(),
        power_levels: None,
    }
}

pub(crate) fn private() -> NewRoom {
    new_room(Preset::Private)
}

pub(crate) fn public() -> NewRoom {
    new_room(Preset::Public)
}

/// State to begin with.
pub(crate) fn with_state(new: NewRoom, kind: &str, content: Value) -> NewRoom {
    let input = StateInput { kind: kind.to_owned(), state_key: String::new(), content };
    NewRoom { initial_state: vec![input], ..new }
}

/// A room whose history is open so far.
pub(crate) fn with_history(new: NewRoom, visibility: &str) -> NewRoom {
    with_state(new, "m.room.history_visibility", json!({ "history_visibility": visibility }))
}

/// Words as a client encrypts them; here they stay readable, for tests to look at.
pub(crate) fn encrypted(words: &str) -> Value {
    json!({
        "algorithm": "m.megolm.v1.aes-sha2", "ciphertext": words, "session_id": "session",
        "sender_key": "key", "device_id": "FIRST",
    })
}

fn words(event: &Value) -> Option<String> {
    let content = &event["content"];
    let words = content["ciphertext"].as_str().or(content["body"].as_str());
    words.map(str::to_owned)
}

/// Types of events in order.
pub(crate) fn kinds(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["type"].as_str().unwrap()).collect()
}

/// An object.
pub(crate) fn object(value: &Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

/// Members and how they stand to a room.
pub(crate) fn members(room: &rooms::Room) -> BTreeMap<String, Membership> {
    let current = room.current();
    current.members.iter().map(|(user, membership)| (user.to_string(), *membership)).collect()
}

/// Time passes.
pub(crate) fn wait(town: &Town, seconds: u64) {
    town.clock.advance(Duration::from_secs(seconds));
}

/// What a refusal is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    Forbidden,
    Plaintext,
    NotFound,
    Invalid,
    Other,
}

/// How an operation was refused.
pub(crate) fn refusal<T>(outcome: Outcome<T>) -> Refused {
    match outcome.err().expect("refused") {
        RoomError::Forbidden(_) => Refused::Forbidden,
        RoomError::PlaintextRefused { .. } => Refused::Plaintext,
        RoomError::NotFound(_) | RoomError::UnknownRoom(_) => Refused::NotFound,
        RoomError::Invalid(_) | RoomError::InvalidState(_) | RoomError::BadState(_) => {
            Refused::Invalid
        }
        _ => Refused::Other,
    }
}
