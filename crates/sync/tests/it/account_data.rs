//! What people keep on the server.

use serde_json::{Value, json};

use crate::world::World;

fn kinds(events: &Value) -> Vec<String> {
    let events = events.as_array().cloned().unwrap_or_default();
    events.iter().map(|event| event["type"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn account_data_is_told_as_it_changes() {
    let world = World::new().await;
    let alice = world.person("alice");
    let room = alice.creates().await;
    alice.keeps(None, "org.old", json!({ "old": true })).await;
    alice.keeps(Some(&room), "m.tag", json!({ "tags": {} })).await;
    let mut client = alice.client();
    let told = client.syncs().await;
    let mut global = kinds(&told.0["account_data"]["events"]);
    global.sort();
    assert_eq!(global, ["m.push_rules", "org.old"]);
    assert_eq!(kinds(&told.joined(&room)["account_data"]["events"]), ["m.tag"]);

    alice.keeps(None, "org.new", json!({ "new": 1 })).await;
    alice.keeps(None, "org.new", json!({ "new": 2 })).await;
    let told = client.syncs().await;
    let expected = json!([{ "type": "org.new", "content": { "new": 2 } }]);
    assert_eq!(told.0["account_data"]["events"], expected);
    assert_eq!(told.0.get("rooms"), None);

    alice.keeps(Some(&room), "org.in_room", json!({ "here": 1 })).await;
    let told = client.syncs().await;
    assert_eq!(told.0.get("account_data"), None);
    let expected = json!([{ "type": "org.in_room", "content": { "here": 1 } }]);
    assert_eq!(told.joined(&room)["account_data"]["events"], expected);
    assert!(client.syncs().await.is_silent());
}

#[tokio::test]
async fn account_data_wakes_its_owner_and_nobody_else() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let mut client = alice.client();
    let mut bobs = bob.client();
    client.syncs().await;
    bobs.syncs().await;
    let waiting = tokio::spawn(async move { client.waits().await });
    alice.keeps(None, "org.new", json!({})).await;
    assert_eq!(kinds(&waiting.await.unwrap().0["account_data"]["events"]), ["org.new"]);
    assert!(bobs.syncs().await.is_silent());
}

#[tokio::test]
async fn account_data_from_before_a_restart_is_told() {
    let world = World::new().await;
    let alice = world.person("alice");
    let room = alice.creates().await;
    let mut client = alice.client();
    client.syncs().await;
    alice.keeps(None, "org.global", json!({})).await;
    alice.keeps(Some(&room), "org.in_room", json!({})).await;
    client.person = alice.at(&world.forgetting());
    let told = client.syncs().await;
    assert_eq!(kinds(&told.0["account_data"]["events"]), ["org.global"]);
    assert_eq!(kinds(&told.joined(&room)["account_data"]["events"]), ["org.in_room"]);
}

#[tokio::test]
async fn data_of_a_room_that_one_joins_comes_with_it() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let room = alice.creates().await;
    let mut client = bob.client();
    bob.keeps(Some(&room), "org.in_room", json!({})).await;
    client.syncs().await;
    bob.joins(&room).await;
    let told = client.syncs().await;
    assert_eq!(kinds(&told.joined(&room)["account_data"]["events"]), ["org.in_room"]);
}
