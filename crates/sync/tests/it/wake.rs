//! No wake-up is lost.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use base::change::Change;
use serde_json::json;
use store::{Batch, Store};
use sync::SyncRequest;
use tokio::task::JoinSet;

use crate::world::{Client, World};

/// Events that each sender sends.
const EVENTS: usize = 40;

/// Syncs until `expected` messages came, checks that none came twice, and gives them by sender.
/// Each time at the next of some nodes.
async fn collects(
    mut client: Client,
    nodes: Vec<World>,
    expected: usize,
) -> HashMap<String, Vec<usize>> {
    let mut seen = HashSet::new();
    let mut by_sender = HashMap::<String, Vec<usize>>::new();
    let mut turn = nodes.iter().cycle();
    while seen.len() < expected {
        client.moves_to(turn.next().unwrap());
        let told = client.waits().await;
        let rooms = told.0["rooms"]["join"].as_object().cloned().unwrap_or_default();
        assert!(!rooms.is_empty(), "woken for nothing, or never: {} of {expected}", seen.len());
        for room in rooms.values() {
            assert_eq!(room["timeline"]["limited"], false);
            for event in room["timeline"]["events"].as_array().unwrap() {
                if event["type"] == "m.room.message" {
                    assert!(seen.insert(event["event_id"].to_string()), "twice: {event}");
                    let number = event["content"]["body"].as_str().unwrap().parse().unwrap();
                    let sender = event["sender"].as_str().unwrap().to_owned();
                    by_sender.entry(sender).or_default().push(number);
                }
            }
        }
    }
    by_sender
}

/// Many people send at once in many rooms, and many devices of others wait all the while.
async fn everybody_sees_everything(nodes: &[World], senders: usize, readers: usize) {
    let world = &nodes[0];
    let mut rooms = Vec::new();
    let owner = world.person("owner");
    for _ in 0..3 {
        rooms.push(owner.creates().await);
    }
    let people: Vec<_> =
        (0..senders.max(readers)).map(|n| world.person(&format!("p{n}"))).collect();
    for room in &rooms {
        for person in &people {
            person.joins(room).await;
        }
    }
    let mut reading = JoinSet::new();
    let limit = json!({ "room": { "timeline": { "limit": 100 } } });
    for person in people.iter().take(readers) {
        for device in ["ONE", "TWO"] {
            let mut client = person.on(device).client().filtering(limit.clone());
            client.syncs().await;
            reading.spawn(collects(client, nodes.to_vec(), senders * EVENTS));
        }
    }
    let mut sending = JoinSet::new();
    for (index, person) in people.iter().take(senders).enumerate() {
        let (node, room) = (&nodes[index % nodes.len()], rooms[index % rooms.len()].clone());
        let person = person.at(node);
        sending.spawn(async move {
            for number in 0..EVENTS {
                person.says(&room, &number.to_string()).await;
            }
        });
    }
    while let Some(sent) = sending.join_next().await {
        sent.unwrap();
    }
    while let Some(read) = reading.join_next().await {
        let by_sender = read.unwrap();
        assert_eq!(by_sender.len(), senders);
        for numbers in by_sender.values() {
            assert_eq!(*numbers, (0..EVENTS).collect::<Vec<_>>(), "out of order");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn everybody_who_waits_sees_every_event_once_and_in_order() {
    everybody_sees_everything(&[World::new().await], 6, 12).await;
}

/// Rooms are written on both nodes at once, and every client asks another node each time.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn everybody_sees_every_event_once_on_whichever_node_they_wait() {
    let (nodes, _) = World::cluster().await;
    everybody_sees_everything(&nodes, 6, 8).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_on_disk() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open_redb(&directory.path().join("store"), 1 << 20).unwrap();
    everybody_sees_everything(&[World::over(store).await], 4, 6).await;
}

#[tokio::test]
async fn a_sync_that_waits_is_woken_by_news_and_by_nothing_else() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let room = alice.creates().await;
    bob.joins(&room).await;
    let elsewhere = bob.creates().await;
    let mut client = alice.client();
    client.syncs().await;
    let waiting = tokio::spawn(async move { client.waits().await });
    for n in 0..5 {
        bob.says(&elsewhere, &n.to_string()).await;
    }
    bob.says(&room, "here").await;
    let told = waiting.await.unwrap();
    assert_eq!(told.said(&room), ["here"]);
}

#[tokio::test]
async fn a_sync_that_waits_ends_in_time_with_a_token_to_go_on_from() {
    let world = World::new().await;
    let alice = world.person("alice");
    let room = alice.creates().await;
    let mut client = alice.client();
    client.syncs().await;
    let began = Instant::now();
    let request = SyncRequest { timeout: Duration::from_millis(50), ..client.request() };
    assert!(client.takes(request).await.is_silent());
    assert!(began.elapsed() >= Duration::from_millis(50));
    alice.says(&room, "later").await;
    assert_eq!(client.syncs().await.said(&room), ["later"]);
}

#[tokio::test]
async fn one_who_joins_while_waiting_is_woken_by_the_room_from_then_on() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let room = alice.creates().await;
    let mut client = bob.client();
    client.syncs().await;
    let mut waiting = client.clone();
    let joined = tokio::spawn(async move { (waiting.waits().await, waiting) });
    bob.joins(&room).await;
    let (told, mut client) = joined.await.unwrap();
    assert!(told.joined(&room).is_object());
    let waiting = tokio::spawn(async move { client.waits().await });
    alice.says(&room, "welcome").await;
    assert_eq!(waiting.await.unwrap().said(&room), ["welcome"]);
}

#[tokio::test]
async fn a_filter_that_admits_nothing_new_lets_the_sync_wait_on() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let room = alice.creates().await;
    bob.joins(&room).await;
    let filter = json!({ "room": {
        "timeline": { "types": ["m.wanted"] }, "state": { "types": [] },
    } });
    let mut client = alice.client().filtering(filter);
    client.syncs().await;
    let waiting = tokio::spawn(async move { client.waits().await });
    bob.sends(&room, "m.unwanted", json!({})).await;
    bob.sends(&room, "m.wanted", json!({})).await;
    assert_eq!(waiting.await.unwrap().said(&room), ["m.wanted"]);
}

#[tokio::test]
async fn a_sync_that_waits_ends_when_the_session_of_its_device_changes() {
    let world = World::new().await;
    let alice = world.person("alice");
    let mut client = alice.client();
    client.syncs().await;
    let waiting = tokio::spawn(async move { client.waits().await });
    let mut batch = Batch::new();
    let change = Change::Session { user: alice.id.clone(), device: alice.device.clone() };
    journal::record(&mut batch, &change).unwrap();
    world.store.commit(batch).await.unwrap();
    let told = tokio::time::timeout(Duration::from_secs(10), waiting).await;
    assert!(told.expect("it does not wait on").unwrap().is_silent());
}
