//! Deliveries of several nodes over one store.

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "tests fail by panicking")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use accounts::{Accounts, NewSession, PasswordCost, RefreshTokens};
use attention::Attention;
use base::clock::{ManualClock, Timestamp};
use base::secret::Secret;
use delivery::{Delivery, Others, Pusher, Services, Settings};
use devices::Devices;
use outside::{Outside, OutsideSettings};
use rooms::{
    Direct, EncryptionPolicy, MemberProfile, Membership, MembershipChange, NewRoom, Preset, Rooms,
};
use rules::build::Draft;
use ruma_common::{OwnedRoomId, OwnedServerName, OwnedUserId, RoomVersionId};
use serde_json::{Map, Value, json};
use store::{MemoryDisk, Store};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use vault::{KeyEncryptionKey, Vault};

/// How long something may take that must come.
const PATIENCE: Duration = Duration::from_mins(1);

struct Node {
    accounts: Accounts,
    rooms: Rooms,
    delivery: Delivery,
}

impl Node {
    async fn start(disk: &MemoryDisk, keys: &MemoryDisk) -> Self {
        let store = Store::open_memory(disk, None).unwrap();
        let keyring = Store::open_memory(keys, None).unwrap();
        let vault = Vault::open(keyring, KeyEncryptionKey::from_bytes([7; 32])).await.unwrap();
        let clock = Arc::new(ManualClock::at(Timestamp(1_700_000_000_000)));
        let name: OwnedServerName = "s".try_into().unwrap();
        let mut settings = accounts::Settings::new(name.clone());
        settings.password_cost = PasswordCost { memory: 8, passes: 1, lanes: 1 };
        let accounts =
            Accounts::open(store.clone(), vault.clone(), settings, clock.clone()).await.unwrap();
        let settings = devices::Settings { server_name: name.clone() };
        let devices = Devices::open(store.clone(), vault.clone(), settings, clock.clone());
        let settings = rooms::Settings {
            server_name: name,
            default_version: RoomVersionId::V12,
            encryption: EncryptionPolicy::Optional,
        };
        let rooms =
            Rooms::open(store.clone(), vault.clone(), settings, clock.clone()).await.unwrap();
        let attention = Attention::open(store.clone(), rooms.clone(), devices);
        let allowed = vec!["127.0.0.1/32".parse().unwrap()];
        let outside = Outside::new(OutsideSettings { allowed }).unwrap();
        let (accounts, rooms) = (accounts.clone(), rooms.clone());
        let services = Services {
            store,
            vault,
            accounts: accounts.clone(),
            rooms: rooms.clone(),
            attention,
            outside,
            clock,
        };
        let delivery = Delivery::open(services, Settings::default());
        Self { accounts, rooms, delivery }
    }

    async fn says(&self, user: &OwnedUserId, room: &OwnedRoomId, text: &str) -> String {
        let content = json!({ "msgtype": "m.text", "body": text });
        let draft = Draft::message("m.room.message", content);
        self.rooms.send(user, room, draft, None).await.unwrap().to_string()
    }
}

/// A gateway that takes everything: its address, and the events that it is told of.
async fn gateway() -> (String, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/_matrix/push/v1/notify", listener.local_addr().unwrap());
    let (sender, told) = mpsc::channel(100);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let sender = sender.clone();
            tokio::spawn(async move {
                let mut bytes = Vec::new();
                while stream.read_buf(&mut bytes).await.is_ok_and(|read| read > 0) {
                    let Some(body) = body(&bytes) else { continue };
                    if let Some(event) = body["notification"]["event_id"].as_str() {
                        let _ = sender.send(event.to_owned()).await;
                    }
                    bytes.clear();
                    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 15\r\n\r\n{\"rejected\":[]}";
                    stream.write_all(answer).await.unwrap();
                }
            });
        }
    });
    (url, told)
}

/// The body of a request, once it is there.
fn body(bytes: &[u8]) -> Option<Value> {
    let text = std::str::from_utf8(bytes).ok()?;
    serde_json::from_str(text.split_once("\r\n\r\n")?.1).ok()
}

async fn two_in_a_room(node: &Node) -> (OwnedUserId, OwnedUserId, OwnedRoomId) {
    let password = Secret::new("correct horse battery".to_owned());
    let alice = node.accounts.create(Some("alice"), &password, None).await.unwrap();
    let bob = node.accounts.create(Some("bob"), &password, None).await.unwrap();
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
        initial_state: Vec::new(),
        power_levels: None,
    };
    let room = node.rooms.create(&alice, &MemberProfile::default(), new).await.unwrap();
    let profile = MemberProfile::default();
    let change =
        MembershipChange { by: &bob, of: &bob, to: Membership::Join, reason: None, profile };
    node.rooms.change_membership(&room, change).await.unwrap();
    (alice, bob, room)
}

async fn set_pusher(node: &Node, user: &OwnedUserId, url: String) {
    let new = NewSession {
        device_id: Some("PHONE".into()),
        name: None,
        refresh_tokens: RefreshTokens::Unsupported,
    };
    node.accounts.begin_session(user, new).await.unwrap();
    let pusher = Pusher {
        app_id: "app".to_owned(),
        pushkey: "key".to_owned(),
        app_display_name: "App".to_owned(),
        device_display_name: "Phone".to_owned(),
        profile_tag: None,
        lang: "fr".to_owned(),
        url,
        data: "{}".to_owned(),
    };
    let whose = (&**user, "PHONE".into());
    node.delivery.set_pusher(whose, pusher, Others::Removed).await.unwrap();
}

#[tokio::test]
async fn two_nodes_tell_everything_once_and_one_goes_on_without_the_other() {
    let (disk, keys) = (MemoryDisk::new(), MemoryDisk::new());
    let first = Node::start(&disk, &keys).await;
    let (alice, bob, room) = two_in_a_room(&first).await;
    let (url, mut told) = gateway().await;
    set_pusher(&first, &bob, url).await;
    let begun = first.says(&alice, &room, "begun").await;
    let next = async |told: &mut mpsc::Receiver<String>| {
        tokio::time::timeout(PATIENCE, told.recv()).await.unwrap().unwrap()
    };
    assert_eq!(next(&mut told).await, begun);

    // The first has the turn, whoever writes.
    let second = Node::start(&disk, &keys).await;
    let mut times = BTreeMap::<String, usize>::new();
    for number in 0..20 {
        let node = if number % 2 == 0 { &first } else { &second };
        times.insert(node.says(&alice, &room, &number.to_string()).await, 0);
    }
    for _ in 0..times.len() {
        *times.get_mut(&next(&mut told).await).unwrap() += 1;
    }
    assert!(times.values().all(|times| *times == 1), "{times:?}");

    first.delivery.stop().await;
    drop(first);
    let last = second.says(&alice, &room, "to whoever is there").await;
    assert_eq!(next(&mut told).await, last);
    assert!(told.try_recv().is_err());
}
