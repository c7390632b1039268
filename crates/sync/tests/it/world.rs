//! A server without HTTP, and the people who use it.

use std::sync::Arc;
use std::time::Duration;

use base::clock::{ManualClock, Timestamp};
use devices::Devices;
use futures_util::TryStreamExt;
use rooms::{
    Direct, EncryptionPolicy, MemberProfile, Membership, MembershipChange, NewRoom, Preset,
    ReceiptKind, Rooms, Transaction,
};
use rules::build::Draft;
use ruma_common::{
    EventId, OwnedDeviceId, OwnedEventId, OwnedRoomId, OwnedUserId, RoomId, RoomVersionId, UserId,
};
use serde_json::{Map, Value, json};
use store::{MemoryDisk, Store};
use sync::{Choice, Reply, Sync, SyncRequest};
use vault::{KeyEncryptionKey, Vault};

/// A server.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) rooms: Rooms,
    pub(crate) devices: Devices,
    pub(crate) sync: Sync,
    pub(crate) clock: Arc<ManualClock>,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::over(Store::open_memory(&MemoryDisk::new(), None).unwrap()).await
    }

    pub(crate) async fn over(store: Store) -> Self {
        Self::on(store, &MemoryDisk::new()).await
    }

    /// Two nodes over one disk, each with stores, services and a clock of its own.
    pub(crate) async fn cluster() -> ([Self; 2], MemoryDisk) {
        let (disk, keys) = (MemoryDisk::new(), MemoryDisk::new());
        let node = || Self::on(Store::open_memory(&disk, None).unwrap(), &keys);
        ([node().await, node().await], disk)
    }

    async fn on(store: Store, keys: &MemoryDisk) -> Self {
        let clock = Arc::new(ManualClock::at(Timestamp(1_700_000_000_000)));
        let keyring = Store::open_memory(keys, None).unwrap();
        let vault = Vault::open(keyring, KeyEncryptionKey::from_bytes([7; 32])).await.unwrap();
        let name = ruma_common::server_name!("s").to_owned();
        let settings = rooms::Settings {
            server_name: name.clone(),
            default_version: RoomVersionId::V12,
            encryption: EncryptionPolicy::Optional,
        };
        let rooms =
            Rooms::open(store.clone(), vault.clone(), settings, clock.clone()).await.unwrap();
        let settings = devices::Settings { server_name: name };
        let devices = Devices::open(store.clone(), vault, settings, clock.clone());
        let sync = Sync::open(store.clone(), rooms.clone(), devices.clone(), clock.clone());
        Self { store, rooms, devices, sync, clock }
    }

    /// The same server, after a restart of its syncs: nothing in memory.
    pub(crate) fn forgetting(&self) -> Self {
        let clock = self.clock.clone();
        let (store, rooms, devices) =
            (self.store.clone(), self.rooms.clone(), self.devices.clone());
        let sync = Sync::open(store, rooms, devices, clock);
        Self { sync, ..self.clone() }
    }

    pub(crate) fn person(&self, name: &str) -> Person {
        let id = UserId::parse(format!("@{name}:s")).unwrap();
        Person { world: self.clone(), id, device: "DEVICE".into() }
    }
}

/// Somebody.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) world: World,
    pub(crate) id: OwnedUserId,
    pub(crate) device: OwnedDeviceId,
}

impl Person {
    /// The same person on another device.
    pub(crate) fn on(&self, device: &str) -> Self {
        Self { device: device.into(), ..self.clone() }
    }

    /// The same person on the same server, elsewhere.
    pub(crate) fn at(&self, world: &World) -> Self {
        Self { world: world.clone(), ..self.clone() }
    }

    fn profile(&self) -> MemberProfile {
        MemberProfile { name: Some(self.id.localpart().to_owned()), avatar: None }
    }

    pub(crate) async fn creates(&self) -> OwnedRoomId {
        self.creates_with(Preset::Public, &[]).await
    }

    pub(crate) async fn creates_with(&self, preset: Preset, invited: &[&Self]) -> OwnedRoomId {
        let new = NewRoom {
            version: None,
            preset,
            listed: false,
            name: None,
            topic: None,
            alias: None,
            invite: invited.iter().map(|p| (p.id.clone(), p.profile())).collect(),
            direct: Direct::No,
            creation_content: Map::new(),
            initial_state: Vec::new(),
            power_levels: None,
        };
        // From version 12 on, a room's id is drawn from its first event, and so from the time.
        self.world.clock.advance(Duration::from_millis(1));
        self.world.rooms.create(&self.id, &self.profile(), new).await.unwrap()
    }

    pub(crate) async fn says(&self, room: &RoomId, text: &str) -> OwnedEventId {
        self.sends(room, "m.room.message", json!({ "msgtype": "m.text", "body": text })).await
    }

    pub(crate) async fn sends(&self, room: &RoomId, kind: &str, content: Value) -> OwnedEventId {
        let draft = Draft::message(kind, content);
        self.world.rooms.send(&self.id, room, draft, None).await.unwrap()
    }

    pub(crate) async fn sends_as(
        &self,
        room: &RoomId,
        text: &str,
        transaction: &str,
    ) -> OwnedEventId {
        let draft = Draft::message("m.room.message", json!({ "msgtype": "m.text", "body": text }));
        let transaction = Transaction { device: self.device.clone(), id: transaction.to_owned() };
        self.world.rooms.send(&self.id, room, draft, Some(transaction)).await.unwrap()
    }

    pub(crate) async fn redacts(&self, room: &RoomId, event: &EventId) -> OwnedEventId {
        let transaction = Transaction { device: self.device.clone(), id: event.to_string() };
        self.world.rooms.redact(&self.id, room, (event, None), transaction).await.unwrap()
    }

    pub(crate) async fn sets(
        &self,
        room: &RoomId,
        kind: &str,
        key: &str,
        content: Value,
    ) -> OwnedEventId {
        let draft = Draft::state(kind, key, content);
        self.world.rooms.set_state(&self.id, room, draft).await.unwrap()
    }

    pub(crate) async fn encrypts(&self, room: &RoomId) {
        let content = json!({ "algorithm": "m.megolm.v1.aes-sha2" });
        self.sets(room, "m.room.encryption", "", content).await;
    }

    async fn changes(&self, room: &RoomId, of: &Self, to: Membership) {
        let profile = match to {
            Membership::Join | Membership::Invite => of.profile(),
            _ => MemberProfile::default(),
        };
        let change = MembershipChange { by: &self.id, of: &of.id, to, reason: None, profile };
        self.world.rooms.change_membership(room, change).await.unwrap();
    }

    pub(crate) async fn joins(&self, room: &RoomId) {
        self.changes(room, self, Membership::Join).await;
    }

    pub(crate) async fn leaves(&self, room: &RoomId) {
        self.changes(room, self, Membership::Leave).await;
    }

    pub(crate) async fn knocks(&self, room: &RoomId) {
        self.changes(room, self, Membership::Knock).await;
    }

    pub(crate) async fn invites(&self, room: &RoomId, other: &Self) {
        self.changes(room, other, Membership::Invite).await;
    }

    pub(crate) async fn kicks(&self, room: &RoomId, other: &Self) {
        self.world.rooms.kick(&self.id, room, &other.id, None).await.unwrap();
    }

    pub(crate) async fn bans(&self, room: &RoomId, other: &Self) {
        self.changes(room, other, Membership::Ban).await;
    }

    pub(crate) async fn forgets(&self, room: &RoomId) {
        self.world.rooms.forget(&self.id, room).await.unwrap();
    }

    pub(crate) async fn calls_themselves(&self, room: &RoomId, name: &str) {
        let profile = MemberProfile { name: Some(name.to_owned()), avatar: None };
        let change = MembershipChange {
            by: &self.id,
            of: &self.id,
            to: Membership::Join,
            reason: None,
            profile,
        };
        self.world.rooms.change_membership(room, change).await.unwrap();
    }

    pub(crate) async fn reads(&self, room: &RoomId, event: &EventId) {
        self.reads_by(room, event, ReceiptKind::Read, None).await;
    }

    pub(crate) async fn reads_by(
        &self,
        room: &RoomId,
        event: &EventId,
        kind: ReceiptKind,
        thread: Option<&str>,
    ) {
        self.world.rooms.set_receipt(&self.id, room, event, (kind, thread)).await.unwrap();
    }

    pub(crate) async fn types(&self, room: &RoomId, timeout: Option<Duration>) {
        self.world.rooms.set_typing(&self.id, room, timeout).await.unwrap();
    }

    pub(crate) async fn keeps(&self, room: Option<&RoomId>, kind: &str, content: Value) {
        let content = serde_json::value::to_raw_value(&content).unwrap();
        self.world.devices.set_account_data(&self.id, room, kind, &content).await.unwrap();
    }

    /// A client of this person that was told nothing yet.
    pub(crate) fn client(&self) -> Client {
        Client { person: self.clone(), since: None, filter: Value::Null, state_after: false }
    }
}

/// A client that syncs.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) person: Person,
    pub(crate) since: Option<String>,
    pub(crate) filter: Value,
    pub(crate) state_after: bool,
}

impl Client {
    pub(crate) fn filtering(self, filter: Value) -> Self {
        Self { filter, ..self }
    }

    pub(crate) fn wanting_state_after(self) -> Self {
        Self { state_after: true, ..self }
    }

    pub(crate) fn request(&self) -> SyncRequest {
        SyncRequest {
            user: self.person.id.clone(),
            device: self.person.device.clone(),
            since: self.since.as_ref().map(|since| since.parse().unwrap()),
            filter: match &self.filter {
                Value::Null => Choice::Everything,
                filter => Choice::Inline(filter.to_string()),
            },
            full_state: false,
            use_state_after: self.state_after,
            timeout: Duration::ZERO,
        }
    }

    /// The same client at another node.
    pub(crate) fn moves_to(&mut self, world: &World) {
        self.person = self.person.at(world);
    }

    /// What is new, taken over: the next sync goes on from there.
    pub(crate) async fn syncs(&mut self) -> Told {
        self.takes(self.request()).await
    }

    /// What is new, waiting for it.
    pub(crate) async fn waits(&mut self) -> Told {
        self.takes(SyncRequest { timeout: Duration::from_secs(30), ..self.request() }).await
    }

    /// Everything again.
    pub(crate) async fn syncs_full_state(&mut self) -> Told {
        self.takes(SyncRequest { full_state: true, ..self.request() }).await
    }

    pub(crate) async fn takes(&mut self, request: SyncRequest) -> Told {
        let json = match self.person.world.sync.reply(request).await.unwrap() {
            Reply::News(answer) => answer.to_json(),
            Reply::First(first) => first.pieces().try_collect().await.unwrap(),
        };
        let told = Told(serde_json::from_str(&json).unwrap());
        self.since = Some(told.0["next_batch"].as_str().unwrap().to_owned());
        told
    }
}

/// An answer.
#[derive(Clone, Debug)]
pub(crate) struct Told(pub(crate) Value);

impl Told {
    pub(crate) fn joined(&self, room: &RoomId) -> &Value {
        &self.0["rooms"]["join"][room.as_str()]
    }

    pub(crate) fn left(&self, room: &RoomId) -> &Value {
        &self.0["rooms"]["leave"][room.as_str()]
    }

    pub(crate) fn invited(&self, room: &RoomId) -> &Value {
        &self.0["rooms"]["invite"][room.as_str()]
    }

    /// Messages in the timeline of a room that the person is in, by their text; other events by
    /// their type.
    pub(crate) fn said(&self, room: &RoomId) -> Vec<String> {
        texts(&self.joined(room)["timeline"]["events"])
    }

    /// Whether nothing is told.
    pub(crate) fn is_silent(&self) -> bool {
        ["rooms", "account_data", "to_device", "device_lists"]
            .iter()
            .all(|part| self.0.get(part).is_none())
    }

    /// Whether no room is told of.
    pub(crate) fn is_silent_of_rooms(&self) -> bool {
        self.0.get("rooms").is_none()
    }

    /// Unread counts of a room: notifications and highlights.
    pub(crate) fn unread(&self, room: &RoomId) -> (u64, u64) {
        counts(&self.joined(room)["unread_notifications"])
    }
}

pub(crate) fn counts(counts: &Value) -> (u64, u64) {
    let count = |name: &str| counts[name].as_u64().unwrap();
    (count("notification_count"), count("highlight_count"))
}

pub(crate) fn texts(events: &Value) -> Vec<String> {
    let text = |event: &Value| {
        let body = event["content"]["body"].as_str();
        body.unwrap_or_else(|| event["type"].as_str().unwrap()).to_owned()
    };
    events.as_array().unwrap().iter().map(text).collect()
}

/// State events by type and key, each with the value of one field of its content.
pub(crate) fn state(events: &Value) -> Vec<(String, String)> {
    let of = |event: &Value| {
        (
            event["type"].as_str().unwrap().to_owned(),
            event["state_key"].as_str().unwrap().to_owned(),
        )
    };
    let mut state: Vec<_> = events.as_array().unwrap().iter().map(of).collect();
    state.sort();
    state
}

/// Members among state events.
pub(crate) fn members(events: &Value) -> Vec<String> {
    let members = state(events).into_iter().filter(|(kind, _)| kind == "m.room.member");
    members.map(|(_, user)| user).collect()
}
