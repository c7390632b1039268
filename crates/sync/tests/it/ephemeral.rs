//! Receipts, and who types.

use std::time::Duration;

use base::clock::Clock;
use rooms::ReceiptKind;
use ruma_common::RoomId;
use serde_json::{Value, json};

use crate::world::{Told, World};

pub(crate) fn ephemeral(told: &Told, room: &RoomId, kind: &str) -> Vec<Value> {
    let events = told.joined(room)["ephemeral"]["events"].as_array().cloned().unwrap_or_default();
    events.into_iter().filter(|event| event["type"] == kind).collect()
}

pub(crate) fn typists(told: &Told, room: &RoomId) -> Value {
    ephemeral(told, room, "m.typing")[0]["content"]["user_ids"].clone()
}

#[tokio::test]
async fn typing_appears_stops_and_runs_out() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let room = alice.creates().await;
    bob.joins(&room).await;
    let mut client = alice.client();
    client.syncs().await;
    let minute = Some(Duration::from_secs(20));

    bob.types(&room, minute).await;
    assert_eq!(typists(&client.waits().await, &room), json!(["@bob:s"]));
    assert_eq!(typists(&alice.on("NEW").client().syncs().await, &room), json!(["@bob:s"]));
    bob.types(&room, None).await;
    assert_eq!(typists(&client.waits().await, &room), json!([]));
    bob.types(&room, minute).await;
    assert_eq!(typists(&client.waits().await, &room), json!(["@bob:s"]));
    world.clock.advance(Duration::from_secs(21));
    assert_eq!(typists(&client.waits().await, &room), json!([]));
    assert!(ephemeral(&alice.on("OTHER").client().syncs().await, &room, "m.typing").is_empty());
}

#[tokio::test]
async fn typing_is_told_to_those_in_the_room_only() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let (room, other) = (alice.creates().await, alice.creates().await);
    bob.joins(&room).await;
    let (mut alices, mut bobs) = (alice.client(), bob.client());
    alices.syncs().await;
    bobs.syncs().await;
    alice.types(&other, Some(Duration::from_secs(20))).await;
    assert_eq!(typists(&alices.waits().await, &other), json!(["@alice:s"]));
    assert!(bobs.syncs().await.is_silent());
}

#[tokio::test]
async fn receipts_are_told_as_they_move() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let room = alice.creates().await;
    bob.joins(&room).await;
    let event = alice.says(&room, "hello").await;
    let mut client = alice.client();
    client.syncs().await;
    bob.reads(&room, &event).await;
    let at = world.clock.now().0;
    let expected = json!({ event.as_str(): { "m.read": { "@bob:s": { "ts": at } } } });
    let content = |told: &Told| ephemeral(told, &room, "m.receipt")[0]["content"].clone();
    assert_eq!(content(&client.syncs().await), expected);
    assert_eq!(content(&alice.on("NEW").client().syncs().await), expected);
    assert!(client.syncs().await.is_silent());
}

#[tokio::test]
async fn a_private_receipt_is_told_to_its_owner_only() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let room = alice.creates().await;
    bob.joins(&room).await;
    let event = alice.says(&room, "hello").await;
    let (mut alices, mut bobs) = (alice.client(), bob.client());
    alices.syncs().await;
    bobs.syncs().await;
    bob.reads_by(&room, &event, ReceiptKind::Private, None).await;
    assert!(alices.syncs().await.is_silent());
    let told = bobs.syncs().await;
    let content = &ephemeral(&told, &room, "m.receipt")[0]["content"];
    assert!(content[event.as_str()]["m.read.private"]["@bob:s"].is_object());
    assert!(!alice.on("NEW").client().syncs().await.0.to_string().contains("m.read.private"));
    // Another's receipt moves: the private one stays private.
    alice.reads(&room, &event).await;
    let later = alice.says(&room, "later").await;
    bob.reads(&room, &later).await;
    assert!(!alices.syncs().await.0.to_string().contains("m.read.private"));
}

#[tokio::test]
async fn receipts_of_threads_come_apart() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let room = alice.creates().await;
    bob.joins(&room).await;
    let event = alice.says(&room, "hello").await;
    let mut client = alice.client();
    client.syncs().await;
    bob.reads(&room, &event).await;
    bob.reads_by(&room, &event, ReceiptKind::Read, Some("main")).await;
    let told = client.syncs().await;
    let receipts = ephemeral(&told, &room, "m.receipt");
    let threads: Vec<_> = receipts
        .iter()
        .map(|receipt| receipt["content"][event.as_str()]["m.read"]["@bob:s"]["thread_id"].clone())
        .collect();
    assert_eq!(threads, [Value::Null, "main".into()]);
}

#[tokio::test]
async fn receipts_and_typists_come_with_a_room_that_one_joins() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let room = alice.creates().await;
    let event = alice.says(&room, "hello").await;
    alice.reads(&room, &event).await;
    alice.types(&room, Some(Duration::from_secs(20))).await;
    let mut client = bob.client();
    client.syncs().await;
    bob.joins(&room).await;
    let told = client.syncs().await;
    assert_eq!(typists(&told, &room), json!(["@alice:s"]));
    assert_eq!(ephemeral(&told, &room, "m.receipt").len(), 1);
}
