//! What a client asks to be told, and of which members.

use serde_json::{Value, json};

use crate::world::{World, members, state};

#[tokio::test]
async fn types_and_senders_are_told_as_wanted() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let room = alice.creates().await;
    bob.joins(&room).await;
    alice.says(&room, "alice's").await;
    bob.says(&room, "bob's").await;
    alice.sends(&room, "org.example.kind", json!({ "url": "mxc://s/x" })).await;
    let table = [
        (json!({ "types": ["m.room.message"] }), vec!["alice's", "bob's"]),
        (json!({ "types": ["org.*"] }), vec!["org.example.kind"]),
        (json!({ "types": ["m.room.message"], "not_senders": ["@bob:s"] }), vec!["alice's"]),
        (json!({ "types": ["m.room.message"], "senders": ["@bob:s"] }), vec!["bob's"]),
        (json!({ "not_types": ["m.*"] }), vec!["org.example.kind"]),
        (json!({ "contains_url": true }), vec!["org.example.kind"]),
        (json!({ "types": ["m.room.message"], "limit": 1 }), vec!["bob's"]),
        (json!({ "types": [] }), vec![]),
    ];
    for (timeline, expected) in table {
        let filter = json!({ "room": { "timeline": timeline } });
        let told = alice.client().filtering(filter.clone()).syncs().await;
        assert_eq!(told.said(&room), expected, "{filter}");
    }
}

#[tokio::test]
async fn rooms_are_told_as_wanted() {
    let world = World::new().await;
    let alice = world.person("alice");
    let (wanted, other) = (alice.creates().await, alice.creates().await);
    for filter in [
        json!({ "room": { "rooms": [wanted] } }),
        json!({ "room": { "not_rooms": [other] } }),
        json!({ "room": { "rooms": [wanted, other], "not_rooms": [other] } }),
    ] {
        let told = alice.client().filtering(filter).syncs().await;
        assert!(told.joined(&wanted).is_object());
        assert_eq!(told.joined(&other), &Value::Null);
    }
}

#[tokio::test]
async fn every_part_of_a_room_has_its_own_filter() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let room = alice.creates().await;
    bob.joins(&room).await;
    let event = alice.says(&room, "hello").await;
    for _ in 0..10 {
        alice.says(&room, "more").await;
    }
    bob.reads(&room, &event).await;
    alice.keeps(Some(&room), "org.kept", json!({})).await;
    let told = async |part: &str, filter: Value| {
        let filter = json!({ "room": { part: filter } });
        alice.client().filtering(filter).syncs().await.joined(&room).clone()
    };
    let nothing = json!({ "types": [] });
    assert_eq!(told("ephemeral", nothing.clone()).await.get("ephemeral"), None);
    assert!(told("ephemeral", json!({})).await.get("ephemeral").is_some());
    assert_eq!(told("account_data", nothing.clone()).await.get("account_data"), None);
    assert!(told("account_data", json!({})).await.get("account_data").is_some());
    assert_eq!(told("state", nothing).await["state"]["events"], json!([]));
    let creates = told("state", json!({ "types": ["m.room.create"] })).await;
    assert_eq!(state(&creates["state"]["events"]), [("m.room.create".to_owned(), String::new())]);
    let filter = json!({ "account_data": { "not_types": ["*"] } });
    assert_eq!(alice.client().filtering(filter).syncs().await.0.get("account_data"), None);
}

#[tokio::test]
async fn a_stored_filter_is_named_by_its_id() {
    let world = World::new().await;
    let alice = world.person("alice");
    let room = alice.creates().await;
    let filter = json!({ "room": { "timeline": { "types": ["m.room.create"] } } });
    let filter = serde_json::value::to_raw_value(&filter).unwrap();
    let id = world.devices.add_filter(&alice.id, &filter).await.unwrap();
    let mut client = alice.client();
    let request = sync::SyncRequest { filter: sync::Choice::Stored(id), ..client.request() };
    assert_eq!(client.takes(request).await.said(&room), ["m.room.create"]);

    let request = sync::SyncRequest {
        filter: sync::Choice::Stored("unknown".to_owned()),
        ..client.request()
    };
    let refused = world.sync.sync(request).await;
    assert!(matches!(refused, Err(sync::SyncError::Filter(_))));
}

fn lazy() -> Value {
    json!({ "room": { "state": { "lazy_load_members": true }, "timeline": { "limit": 2 } } })
}

#[tokio::test]
async fn only_members_who_are_needed_are_told_and_once() {
    let world = World::new().await;
    let (alice, bob, carol) = (world.person("alice"), world.person("bob"), world.person("carol"));
    let room = alice.creates().await;
    for person in [&bob, &carol] {
        person.joins(&room).await;
    }
    alice.sets(&room, "m.room.name", "", json!({ "name": "named" })).await;
    bob.says(&room, "1").await;
    bob.says(&room, "2").await;
    let mut client = alice.client().filtering(lazy());
    let told = client.syncs().await;
    let expected = ["@alice:s", "@bob:s"];
    assert_eq!(members(&told.joined(&room)["state"]["events"]), expected);

    bob.says(&room, "3").await;
    carol.says(&room, "4").await;
    let told = client.syncs().await;
    assert_eq!(members(&told.joined(&room)["state"]["events"]), ["@carol:s"]);
    carol.says(&room, "5").await;
    let told = client.syncs().await;
    assert_eq!(members(&told.joined(&room)["state"]["events"]), [""; 0]);
}

#[tokio::test]
async fn members_are_told_again_when_that_is_wanted_or_the_answer_may_be_lost() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let room = alice.creates().await;
    bob.joins(&room).await;
    alice.sets(&room, "m.room.name", "", json!({ "name": "named" })).await;
    for _ in 0..3 {
        alice.says(&room, "filler").await;
    }
    let mut client = alice.client().filtering(lazy());
    client.syncs().await;
    bob.says(&room, "hello").await;
    for _ in 0..2 {
        // The answer does not arrive: the client asks again from where it was.
        let told = client.clone().syncs().await;
        assert_eq!(members(&told.joined(&room)["state"]["events"]), ["@bob:s"]);
    }
    client.syncs().await;
    let mut redundant = lazy();
    redundant["room"]["state"]["include_redundant_members"] = true.into();
    let mut client = client.filtering(redundant);
    bob.says(&room, "again").await;
    let told = client.syncs().await;
    assert_eq!(members(&told.joined(&room)["state"]["events"]), ["@bob:s"]);
}

#[tokio::test]
async fn members_who_changed_in_a_gap_are_told_though_nobody_needs_them() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let room = alice.creates().await;
    alice.sets(&room, "m.room.name", "", json!({ "name": "named" })).await;
    bob.joins(&room).await;
    let mut client = alice.client().filtering(lazy());
    client.syncs().await;
    bob.calls_themselves(&room, "Robert").await;
    for n in 0..4 {
        alice.says(&room, &n.to_string()).await;
    }
    let told = client.syncs().await;
    assert_eq!(told.joined(&room)["timeline"]["limited"], true);
    let events = &told.joined(&room)["state"]["events"];
    assert_eq!(members(events), ["@bob:s"]);
    assert_eq!(events[0]["content"]["displayname"], "Robert");
}

#[tokio::test]
async fn members_whom_a_room_is_named_by_are_told() {
    let world = World::new().await;
    let (alice, bob, carol) = (world.person("alice"), world.person("bob"), world.person("carol"));
    let room = alice.creates().await;
    for person in [&bob, &carol] {
        person.joins(&room).await;
    }
    for _ in 0..2 {
        alice.says(&room, "filler").await;
    }
    let told = alice.client().filtering(lazy()).syncs().await;
    let expected = ["@alice:s", "@bob:s", "@carol:s"];
    assert_eq!(members(&told.joined(&room)["state"]["events"]), expected);
}
