//! Who is there, as syncs tell it.

use std::time::Duration;

use presence::{Presence, Settings, State};
use ruma_common::{DeviceId, UserId};
use serde_json::{Value, json};
use store::{MemoryDisk, Store};
use sync::{Sync, SyncRequest};
use vault::{KeyEncryptionKey, Vault};

use crate::world::{Person, World};

/// A server that tells who is there.
struct Scene {
    world: World,
    presence: Presence,
}

impl Scene {
    async fn new() -> Self {
        Self::over(World::new().await).await
    }

    async fn over(world: World) -> Self {
        let keyring = Store::open_memory(&MemoryDisk::new(), None).unwrap();
        let vault = Vault::open(keyring, KeyEncryptionKey::from_bytes([7; 32])).await.unwrap();
        let (store, clock) = (world.store.clone(), world.clock.clone());
        let settings = Settings { enabled: true };
        let presence = Presence::open(store.clone(), vault, settings, clock.clone());
        let (rooms, devices) = (world.rooms.clone(), world.devices.clone());
        let watched = (rooms, devices, Some(presence.clone()));
        let sync = Sync::open_with(store, watched, clock);
        Self { world: World { sync, ..world }, presence }
    }

    /// Somebody is so from now on, and everybody is told.
    async fn is(&self, person: &Person, state: State) {
        self.presence.set((&person.id, phone()), state, None).await.unwrap();
        let version = self.presence.version();
        self.presence.settle().await.unwrap();
        // The marks follow in a task of their own: whoever shares nothing with anybody sees them.
        let witness = self.world.person(&format!("witness-{version}"));
        witness.world.sync.sync(witness.client().request()).await.unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }

    fn person(&self, name: &str) -> Person {
        self.world.person(name)
    }
}

fn phone() -> &'static DeviceId {
    "PHONE".into()
}

/// What an answer tells of presence, and the token after it.
async fn asks(
    person: &Person,
    since: Option<&str>,
    filter: Value,
) -> (Vec<(String, String)>, String) {
    let request = SyncRequest {
        since: since.map(|since| since.parse().unwrap()),
        filter: sync::Choice::Inline(filter.to_string()),
        ..person.client().request()
    };
    let answer = person.world.sync.sync(request).await.unwrap();
    let told = answer.presence.iter().map(|event| {
        let event: Value = serde_json::from_str(event).unwrap();
        let sender = <&UserId>::try_from(event["sender"].as_str().unwrap()).unwrap();
        let state = event["content"]["presence"].as_str().unwrap();
        (sender.localpart().to_owned(), state.to_owned())
    });
    let mut told: Vec<_> = told.collect();
    told.sort();
    (told, answer.next_batch.to_string())
}

fn seen(people: &[(&str, &str)]) -> Vec<(String, String)> {
    people.iter().map(|(name, state)| ((*name).to_owned(), (*state).to_owned())).collect()
}

#[tokio::test]
async fn a_change_is_told_once_to_who_shares_a_room() {
    let scene = Scene::new().await;
    let [alice, bob, eve] = ["alice", "bob", "eve"].map(|name| scene.person(name));
    let room = alice.creates().await;
    bob.joins(&room).await;
    eve.creates().await;
    let (_, since) = asks(&alice, None, json!({})).await;
    let (_, apart) = asks(&eve, None, json!({})).await;
    scene.is(&bob, State::Online).await;
    let (told, since) = asks(&alice, Some(&since), json!({})).await;
    assert_eq!(told, seen(&[("bob", "online")]));
    let (told, since) = asks(&alice, Some(&since), json!({})).await;
    assert_eq!(told, seen(&[]));
    scene.is(&bob, State::Unavailable).await;
    let (told, _) = asks(&alice, Some(&since), json!({})).await;
    assert_eq!(told, seen(&[("bob", "unavailable")]));
    assert_eq!(asks(&eve, Some(&apart), json!({})).await.0, seen(&[]));
    assert_eq!(asks(&alice, None, json!({})).await.0, seen(&[("bob", "unavailable")]));
}

#[tokio::test]
async fn who_begins_is_not_told_who_is_away_and_who_comes_from_another_node_is() {
    let ([here, there], _disk) = World::cluster().await;
    let (here, there) = (Scene::over(here).await, Scene::over(there).await);
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| here.person(name));
    let room = alice.creates().await;
    bob.joins(&room).await;
    carol.joins(&room).await;
    here.is(&bob, State::Online).await;
    let (told, since) = asks(&alice, None, json!({})).await;
    assert_eq!(told, seen(&[("bob", "online")]));
    while there.presence.seen(&bob.id).is_none() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    there.is(&there.person("dave"), State::Online).await;
    // What was told here is not known there, so all is told, once.
    let alice = alice.at(&there.world);
    let everybody = [("alice", "offline"), ("bob", "online"), ("carol", "offline")];
    let (told, since) = asks(&alice, Some(&since), json!({})).await;
    assert_eq!(told, seen(&everybody));
    assert_eq!(asks(&alice, Some(&since), json!({})).await.0, seen(&[]));
}

#[tokio::test]
async fn more_changes_than_are_kept_are_all_told() {
    let scene = Scene::new().await;
    let alice = scene.person("alice");
    let room = alice.creates().await;
    let (_, since) = asks(&alice, None, json!({})).await;
    let crowd: Vec<_> = (0..100).map(|n| scene.person(&format!("person{n}"))).collect();
    for person in &crowd {
        person.joins(&room).await;
        scene.presence.set((&person.id, phone()), State::Online, None).await.unwrap();
    }
    scene.is(&crowd[0], State::Online).await;
    let (told, since) = asks(&alice, Some(&since), json!({})).await;
    assert_eq!(told.len(), 100);
    assert_eq!(asks(&alice, Some(&since), json!({})).await.0, seen(&[]));
}

#[tokio::test]
async fn a_filter_says_whose_presence_and_how_much_of_it() {
    let scene = Scene::new().await;
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| scene.person(name));
    let room = alice.creates().await;
    bob.joins(&room).await;
    carol.joins(&room).await;
    scene.is(&bob, State::Online).await;
    scene.is(&carol, State::Online).await;
    let table = [
        (json!({ "types": [] }), seen(&[])),
        (json!({ "not_senders": ["@bob:s"] }), seen(&[("carol", "online")])),
        (json!({ "senders": ["@bob:s"] }), seen(&[("bob", "online")])),
        (json!({ "limit": 1 }), seen(&[("bob", "online")])),
    ];
    for (filter, expected) in table {
        let (told, _) = asks(&alice, None, json!({ "presence": filter })).await;
        assert_eq!(told, expected, "{filter}");
    }
}

#[tokio::test]
async fn news_of_presence_alone_waits_a_little_and_goes_along_with_other_news() {
    let scene = Scene::new().await;
    let [alice, bob] = ["alice", "bob"].map(|name| scene.person(name));
    let room = alice.creates().await;
    bob.joins(&room).await;
    let (_, since) = asks(&alice, None, json!({})).await;
    scene.is(&bob, State::Online).await;
    let began = tokio::time::Instant::now();
    let request = SyncRequest {
        since: Some(since.parse().unwrap()),
        timeout: Duration::from_mins(1),
        ..alice.client().request()
    };
    let sync = alice.world.sync.clone();
    let waiting = tokio::spawn(async move { sync.sync(request).await.unwrap() });
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!waiting.is_finished());
    bob.says(&room, "hello").await;
    let answer = waiting.await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(4));
    assert_eq!((answer.presence.len(), answer.join.len()), (1, 1));
}
