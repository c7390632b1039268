//! What is told beside rooms.

use std::time::Duration;

use rooms::ReceiptKind;
use ruma_common::RoomId;
use serde_json::{Value, json};
use sync::Scope;

use super::{Slid, Slider, detail};
use crate::world::{Person, World};

async fn two_in_a_room(world: &World) -> (Person, Person, ruma_common::OwnedRoomId) {
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let room = alice.creates().await;
    bob.joins(&room).await;
    (alice, bob, room)
}

fn typists(slid: &Slid, room: &RoomId) -> Value {
    slid.extension("typing")["rooms"][room.as_str()]["content"]["user_ids"].clone()
}

fn receipts(slid: &Slid, room: &RoomId) -> Value {
    slid.extension("receipts")["rooms"][room.as_str()]["content"].clone()
}

#[tokio::test]
async fn typing_is_told_when_it_begins_and_ends_and_to_who_comes_later() {
    let world = World::new().await;
    let (alice, bob, room) = two_in_a_room(&world).await;
    let mut client = Slider::of_all(&alice).extended();
    client.slides().await;
    bob.types(&room, Some(Duration::from_secs(20))).await;
    let slid = client.waits().await;
    assert_eq!(typists(&slid, &room), json!(["@bob:s"]));
    assert!(slid.rooms().is_empty());
    let mut late = Slider::of_all(&alice.on("LATE")).extended();
    assert_eq!(typists(&late.slides().await, &room), json!(["@bob:s"]));
    bob.types(&room, None).await;
    assert_eq!(typists(&client.waits().await, &room), json!([]));
}

#[tokio::test]
async fn typing_outside_of_the_window_is_told_when_the_room_comes_in() {
    let world = World::new().await;
    let (alice, bob, room) = two_in_a_room(&world).await;
    let (mut client, mut watcher) =
        (Slider::of_all(&alice).extended(), Slider::of_all(&alice.on("WATCHER")).extended());
    client.slides().await;
    let other = alice.creates().await;
    watcher.slides().await;
    client = client.listing("all", (0, 0), detail(1, &[], &alice));
    assert_eq!(client.slides().await.rooms(), [other.as_str()]);
    bob.types(&room, Some(Duration::from_secs(20))).await;
    watcher.waits().await;
    assert!(client.slides().await.is_silent());
    client = client.listing("all", (0, 1), detail(1, &[], &alice));
    assert_eq!(typists(&client.slides().await, &room), json!(["@bob:s"]));
    client = client.listing("all", (0, 0), detail(1, &[], &alice));
    client.slides().await;
    bob.types(&room, None).await;
    watcher.waits().await;
    client.slides().await;
    client = client.listing("all", (0, 1), detail(1, &[], &alice));
    assert_eq!(typists(&client.slides().await, &room), json!([]));
}

#[tokio::test]
async fn receipts_are_told_at_events_of_the_timeline_and_then_as_they_move() {
    let world = World::new().await;
    let (alice, bob, room) = two_in_a_room(&world).await;
    let carol = world.person("carol");
    carol.joins(&room).await;
    let old = alice.says(&room, "old").await;
    bob.reads(&room, &old).await;
    alice.reads_by(&room, &old, ReceiptKind::Private, None).await;
    let new = alice.says(&room, "new").await;
    carol.reads(&room, &new).await;
    let mut client = Slider::of(&alice).listing("all", (0, 9), detail(1, &[], &alice)).extended();
    let told = receipts(&client.slides().await, &room);
    assert!(told[old.as_str()].get("m.read").is_none(), "bob's event is not in the timeline");
    assert!(told[old.as_str()]["m.read.private"]["@alice:s"].is_object());
    assert!(told[new.as_str()]["m.read"]["@carol:s"].is_object());

    bob.reads(&room, &new).await;
    carol.reads_by(&room, &new, ReceiptKind::Private, None).await;
    let slid = client.waits().await;
    let told = receipts(&slid, &room);
    assert!(told[new.as_str()]["m.read"]["@bob:s"].is_object());
    assert!(told[new.as_str()].get("m.read.private").is_none());
    assert!(slid.rooms().is_empty());
    assert!(client.slides().await.is_silent());
}

#[tokio::test]
async fn receipts_outside_of_the_window_wait() {
    let world = World::new().await;
    let (alice, bob, room) = two_in_a_room(&world).await;
    let event = alice.says(&room, "hello").await;
    let mut client = Slider::of_all(&alice).extended();
    client.slides().await;
    alice.creates().await;
    client = client.listing("all", (0, 0), detail(1, &[], &alice));
    client.slides().await;
    bob.reads(&room, &event).await;
    assert!(client.slides().await.is_silent());
    client = client.listing("all", (0, 1), detail(1, &[], &alice));
    let slid = client.slides().await;
    assert!(receipts(&slid, &room)[event.as_str()]["m.read"]["@bob:s"].is_object());
}

#[tokio::test]
async fn extensions_are_for_the_lists_and_rooms_that_they_name() {
    let world = World::new().await;
    let (alice, bob, room) = two_in_a_room(&world).await;
    let of = |lists: &[&str], rooms: &[&str]| {
        let texts = |texts: &[&str]| Some(texts.iter().map(|text| (*text).to_owned()).collect());
        Some(Scope { lists: texts(lists), rooms: texts(rooms) })
    };
    let table: [(Option<Scope>, bool); 7] = [
        (Some(Scope::default()), true),
        (of(&["all"], &[]), true),
        (of(&["other"], &[]), false),
        (of(&[], &["*"]), true),
        (of(&[], &[room.as_str()]), true),
        (of(&[], &["!other:s"]), false),
        (None, false),
    ];
    bob.types(&room, Some(Duration::from_secs(20))).await;
    for (scope, expected) in table {
        let mut client = Slider::of_all(&alice).subscribing(&room, detail(1, &[], &alice));
        client.asks.extensions.typing.clone_from(&scope);
        let told = typists(&client.slides().await, &room);
        assert_eq!(told.is_array(), expected, "{scope:?}");
    }
}

#[tokio::test]
async fn account_data_is_told_whole_and_then_as_it_changes() {
    let world = World::new().await;
    let (alice, _, room) = two_in_a_room(&world).await;
    alice.keeps(None, "org.example.a", json!({ "n": 1 })).await;
    alice.keeps(Some(&room), "org.example.b", json!({ "n": 1 })).await;
    let mut client = Slider::of_all(&alice).extended();
    let kinds = |events: &Value| -> Vec<String> {
        let events = events.as_array().cloned().unwrap_or_default();
        events.iter().map(|event| event["type"].as_str().unwrap().to_owned()).collect()
    };
    let slid = client.slides().await;
    let data = slid.extension("account_data");
    let mut global = kinds(&data["global"]);
    global.sort();
    assert_eq!(global, ["m.push_rules", "org.example.a"]);
    assert_eq!(kinds(&data["rooms"][room.as_str()]), ["org.example.b"]);

    alice.keeps(Some(&room), "org.example.b", json!({ "n": 2 })).await;
    let slid = client.waits().await;
    let data = slid.extension("account_data");
    assert_eq!(data["rooms"][room.as_str()][0]["content"]["n"], 2);
    assert!(data.get("global").is_none() && slid.rooms().is_empty());
    alice.keeps(None, "org.example.a", json!({ "n": 2 })).await;
    assert_eq!(client.waits().await.extension("account_data")["global"][0]["content"]["n"], 2);
    // What changes outside of the window is told when the room comes in.
    alice.creates().await;
    client = client.listing("all", (0, 0), detail(1, &[], &alice));
    client.slides().await;
    alice.keeps(Some(&room), "org.example.b", json!({ "n": 3 })).await;
    assert!(client.slides().await.is_silent());
    client = client.listing("all", (0, 1), detail(1, &[], &alice));
    let slid = client.slides().await;
    assert_eq!(slid.extension("account_data")["rooms"][room.as_str()][0]["content"]["n"], 3);
}

#[tokio::test]
async fn devices_that_change_are_told_after_the_beginning() {
    let world = World::new().await;
    let (alice, bob, room) = two_in_a_room(&world).await;
    alice.encrypts(&room).await;
    let mut client = Slider::of(&alice).extended();
    client.asks.connection = "encryption".to_owned();
    let slid = client.slides().await;
    let e2ee = slid.extension("e2ee");
    assert!(e2ee["device_one_time_keys_count"].is_object() && e2ee.get("device_lists").is_none());
    assert!(slid.extension("to_device")["next_batch"].is_string());

    let carol = world.person("carol");
    carol.joins(&room).await;
    let slid = client.waits().await;
    assert_eq!(slid.extension("e2ee")["device_lists"]["changed"], json!(["@carol:s"]));
    assert!(slid.extension("e2ee").get("device_one_time_keys_count").is_none());
    bob.leaves(&room).await;
    let slid = client.waits().await;
    assert_eq!(slid.extension("e2ee")["device_lists"]["left"], json!(["@bob:s"]));
    assert!(client.slides().await.is_silent());
}

#[tokio::test]
async fn an_extension_that_was_off_for_a_time_tells_what_it_missed() {
    let world = World::new().await;
    let (alice, bob, room) = two_in_a_room(&world).await;
    alice.encrypts(&room).await;
    let event = alice.says(&room, "hello").await;
    let mut client = Slider::of_all(&alice).extended();
    client.slides().await;
    let mut off = client.clone();
    off.asks.extensions = sync::Extensions::default();
    bob.reads(&room, &event).await;
    world.person("carol").joins(&room).await;
    alice.keeps(Some(&room), "org.example.b", json!({})).await;
    off.slides().await;
    client.pos = off.pos;
    let slid = client.slides().await;
    assert_eq!(slid.extension("e2ee")["device_lists"]["changed"], json!(["@carol:s"]));
    assert!(receipts(&slid, &room)[event.as_str()]["m.read"]["@bob:s"].is_object());
    assert_eq!(slid.extension("account_data")["rooms"][room.as_str()][0]["type"], "org.example.b");
}
