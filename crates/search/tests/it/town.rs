//! A server's rooms, its index, and the people in them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use base::change::Change;
use base::clock::{Clock, ManualClock, Timestamp};
use rooms::{
    Direct, EncryptionPolicy, EventFilter, MemberProfile, NewRoom, Preset, Rooms, Settings,
    StateInput, Transaction, Upgrade,
};
use rules::build::Draft;
use ruma_common::{
    EventId, OwnedEventId, OwnedRoomId, OwnedUserId, RoomId, RoomVersionId, UserId, server_name,
};
use search::{Answer, Key, Order, Question, Search};
use serde_json::{Map, Value, json};
use store::{Batch, MemoryDisk, Store};
use tempfile::TempDir;
use vault::{KeyEncryptionKey, Owner, Sealing, Vault};

/// A server.
pub(crate) struct Town {
    pub(crate) store: Store,
    pub(crate) vault: Vault,
    pub(crate) rooms: Rooms,
    pub(crate) search: Search,
    pub(crate) clock: Arc<ManualClock>,
    ground: Ground,
}

/// What outlives it.
pub(crate) struct Ground {
    data: MemoryDisk,
    keys: MemoryDisk,
    sealing: Sealing,
    folder: PathBuf,
    /// Removed with it, where it is nobody else's.
    temporary: Option<Arc<TempDir>>,
}

/// Somebody of a town.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) id: OwnedUserId,
    requests: Arc<AtomicU64>,
}

impl Ground {
    pub(crate) fn new(sealing: Sealing) -> Self {
        let (data, keys) = (MemoryDisk::new(), MemoryDisk::new());
        let temporary = tempfile::tempdir().unwrap();
        let folder = temporary.path().to_owned();
        Self { data, keys, sealing, folder, temporary: Some(Arc::new(temporary)) }
    }

    /// With the index in a folder that is somebody else's.
    pub(crate) fn in_folder(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), temporary: None, ..Self::new(Sealing::On) }
    }

    /// Another node's ground, over the same disks.
    pub(crate) fn another(&self) -> Self {
        let (data, keys) = (self.data.clone(), self.keys.clone());
        Self { data, keys, ..Self::new(self.sealing) }
    }

    /// Another store's ground, over the same keyring.
    pub(crate) fn beside(&self) -> Self {
        Self { keys: self.keys.clone(), ..Self::new(self.sealing) }
    }

    /// With the index left where it is, another store.
    pub(crate) fn with_another_store(self) -> Self {
        Self { data: MemoryDisk::new(), ..self }
    }

    /// With an index that was made of another store.
    pub(crate) fn with_index_of(self, other: &Self) -> Self {
        let (folder, temporary) = (other.folder.clone(), other.temporary.clone());
        Self { folder, temporary, ..self }
    }

    /// With sealing otherwise.
    pub(crate) fn sealed(self, sealing: Sealing) -> Self {
        Self { sealing, ..self }
    }

    /// Where the index is.
    pub(crate) fn index(&self) -> PathBuf {
        self.folder.join("search")
    }

    pub(crate) async fn start(self) -> Town {
        let store = Store::open_memory(&self.data, None).unwrap();
        let keyring = Store::open_memory(&self.keys, None).unwrap();
        let master = KeyEncryptionKey::from_bytes([7; 32]);
        let vault = Vault::open_with(keyring, master, self.sealing).await.unwrap();
        let clock = Arc::new(ManualClock::at(Timestamp(1_700_000_000_000)));
        let settings = Settings {
            server_name: server_name!("s.test").to_owned(),
            default_version: RoomVersionId::V12,
            encryption: EncryptionPolicy::Optional,
        };
        let shared: Arc<dyn Clock> = Arc::clone(&clock) as _;
        let rooms = Rooms::open(store.clone(), vault.clone(), settings, shared).await.unwrap();
        let search = Search::open(store.clone(), &vault, rooms.clone(), self.index()).await;
        Town { store, vault, rooms, search: search.unwrap(), clock, ground: self }
    }
}

impl Town {
    pub(crate) async fn new() -> Self {
        Ground::new(Sealing::On).start().await
    }

    pub(crate) fn ground(&self) -> &Ground {
        &self.ground
    }

    /// Ends, and leaves what outlives it.
    pub(crate) async fn stop(self) -> Ground {
        self.search.close().await;
        self.ground
    }

    pub(crate) fn person(&self, name: &str) -> Person {
        let server = &self.rooms.settings().server_name;
        let id = UserId::parse(format!("@{name}:{server}")).unwrap();
        Person { id, requests: Arc::default() }
    }

    /// A room that anybody may enter, with these people in it; the first made it.
    pub(crate) async fn forum(&self, people: &[&Person]) -> OwnedRoomId {
        self.forum_with(people, Vec::new()).await
    }

    pub(crate) async fn forum_with(
        &self,
        people: &[&Person],
        initial_state: Vec<StateInput>,
    ) -> OwnedRoomId {
        let new = NewRoom {
            version: None,
            preset: Preset::Public,
            listed: false,
            name: None,
            topic: None,
            alias: None,
            invite: Vec::new(),
            direct: Direct::No,
            creation_content: Map::new(),
            initial_state,
            power_levels: None,
        };
        let room = self.rooms.create(&people[0].id, &profile(), new).await.unwrap();
        for person in &people[1..] {
            self.enters(person, &room).await;
        }
        room
    }

    pub(crate) async fn enters(&self, person: &Person, room: &RoomId) {
        self.moves(person, room, "join").await;
    }

    pub(crate) async fn leaves(&self, person: &Person, room: &RoomId) {
        self.moves(person, room, "leave").await;
    }

    async fn moves(&self, person: &Person, room: &RoomId, to: &str) {
        let membership = json!({ "membership": to });
        let draft = Draft::state("m.room.member", person.id.as_str(), membership);
        self.rooms.set_state(&person.id, room, draft).await.unwrap();
    }

    /// Says something, a second after what was said before.
    pub(crate) async fn says(&self, person: &Person, room: &RoomId, text: &str) -> OwnedEventId {
        let content = json!({ "msgtype": "m.text", "body": text });
        self.sends(person, room, content).await
    }

    pub(crate) async fn sends(
        &self,
        person: &Person,
        room: &RoomId,
        content: Value,
    ) -> OwnedEventId {
        self.clock.advance(Duration::from_secs(1));
        let draft = Draft::message("m.room.message", content);
        self.rooms.send(&person.id, room, draft, Some(person.request())).await.unwrap()
    }

    pub(crate) async fn edits(
        &self,
        person: &Person,
        room: &RoomId,
        (event, text): (&EventId, &str),
    ) -> OwnedEventId {
        let content = json!({
            "msgtype": "m.text", "body": format!("* {text}"),
            "m.new_content": { "msgtype": "m.text", "body": text },
            "m.relates_to": { "rel_type": "m.replace", "event_id": event },
        });
        self.sends(person, room, content).await
    }

    pub(crate) async fn sets(&self, person: &Person, room: &RoomId, kind: &str, content: Value) {
        let draft = Draft::state(kind, "", content);
        self.rooms.set_state(&person.id, room, draft).await.unwrap();
    }

    /// Replaces a room.
    pub(crate) async fn upgrades(&self, person: &Person, room: &RoomId) -> OwnedRoomId {
        let how = Upgrade { version: RoomVersionId::V12, additional_creators: Vec::new() };
        self.rooms.upgrade(&person.id, room, &profile(), how).await.unwrap()
    }

    pub(crate) async fn redacts(&self, person: &Person, room: &RoomId, event: &EventId) {
        let what = (event, None);
        self.rooms.redact(&person.id, room, what, person.request()).await.unwrap();
    }

    /// Destroys a person's key, as closing their account does.
    pub(crate) async fn erases(&self, person: &Person) {
        self.vault.destroy(&Owner::Person(person.id.clone())).await.unwrap();
        let mut batch = Batch::new();
        journal::record(&mut batch, &Change::Erased { user: person.id.clone() }).unwrap();
        self.store.commit(batch).await.unwrap();
        self.rooms.catch_up().await.unwrap();
    }

    /// Says that a room was deleted.
    pub(crate) async fn purges(&self, room: &RoomId) {
        let room = self.rooms.room(room).await.unwrap().no;
        let mut batch = Batch::new();
        journal::record(&mut batch, &Change::Purged { room }).unwrap();
        self.store.commit(batch).await.unwrap();
    }

    /// What somebody finds.
    pub(crate) async fn finds(&self, person: &Person, term: &str) -> Vec<String> {
        let answer = self.search.search(&person.asks(term)).await.unwrap();
        texts(&answer)
    }
}

impl Person {
    fn request(&self) -> Transaction {
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        Transaction {
            device: "FIRST".into(),
            id: format!("{number}-{}", base::random::base32::<8>()),
        }
    }

    /// A question about everything, best first.
    pub(crate) fn asks(&self, term: &str) -> Question {
        Question {
            user: self.id.clone(),
            device: "FIRST".into(),
            term: term.to_owned(),
            keys: Key::ALL.to_vec(),
            filter: EventFilter::default(),
            ignored: Vec::new(),
            from: None,
            to: None,
            order: Order::Rank,
            limit: 10,
            next_batch: None,
        }
    }
}

/// What the events of an answer said at first.
pub(crate) fn texts(answer: &Answer) -> Vec<String> {
    let text = |hit: &search::Hit| {
        let content: BTreeMap<String, Value> = hit.event.stored().pdu.content_as().unwrap();
        let text = ["body", "name", "topic"].into_iter().find_map(|key| content.get(key)?.as_str());
        text.expect("a text").to_owned()
    };
    answer.hits.iter().map(text).collect()
}

/// Files in a folder that hold these bytes.
pub(crate) fn files_with(folder: &Path, needle: &[u8]) -> Vec<PathBuf> {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let holds = |path: &PathBuf| {
        // What is merged away meanwhile is nowhere.
        let bytes = std::fs::read(path).unwrap_or_default();
        memchr::memmem::find(&bytes, needle).is_some()
    };
    files.filter(holds).collect()
}

fn profile() -> MemberProfile {
    MemberProfile::default()
}
