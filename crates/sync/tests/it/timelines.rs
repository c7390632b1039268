//! What was said, and the state around it.

use rooms::{PageRequest, TimelineToken, Way};
use serde_json::{Value, json};

use crate::world::{World, state, texts};

#[tokio::test]
async fn an_initial_sync_tells_the_state_before_the_timeline_and_the_timeline() {
    let world = World::new().await;
    let alice = world.person("alice");
    let room = alice.creates().await;
    for n in 0..15 {
        alice.says(&room, &n.to_string()).await;
    }
    let told = alice.client().syncs().await;

    let expected: Vec<_> = (5..15).map(|n| n.to_string()).collect();
    assert_eq!(told.said(&room), expected);
    assert_eq!(told.joined(&room)["timeline"]["limited"], true);
    let state = state(&told.joined(&room)["state"]["events"]);
    assert!(state.contains(&("m.room.create".to_owned(), String::new())));
    assert!(state.contains(&("m.room.member".to_owned(), "@alice:s".to_owned())));
    assert_eq!(told.joined(&room)["summary"]["m.joined_member_count"], 1);
}

#[tokio::test]
async fn a_room_that_fits_in_its_timeline_has_no_other_state() {
    let world = World::new().await;
    let alice = world.person("alice");
    let room = alice.creates().await;
    let told = alice.client().syncs().await;
    assert_eq!(told.said(&room)[0], "m.room.create");
    assert_eq!(told.joined(&room)["timeline"]["limited"], false);
    assert_eq!(told.joined(&room)["state"]["events"], json!([]));
}

#[tokio::test]
async fn a_sync_after_another_tells_only_what_is_new() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let room = alice.creates().await;
    let quiet = alice.creates().await;
    bob.joins(&room).await;
    let mut client = alice.client();
    client.syncs().await;

    bob.says(&room, "one").await;
    bob.says(&room, "two").await;
    let told = client.syncs().await;
    assert_eq!(told.said(&room), ["one", "two"]);
    assert_eq!(told.joined(&room)["timeline"]["limited"], false);
    assert_eq!(told.joined(&room)["state"]["events"], json!([]));
    assert_eq!(told.joined(&quiet), &Value::Null);
    assert!(client.syncs().await.is_silent());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_sync_right_after_ones_own_send_contains_it() {
    let world = World::new().await;
    let alice = world.person("alice");
    let room = alice.creates().await;
    let mut client = alice.client();
    client.syncs().await;
    for n in 0..500 {
        alice.says(&room, &n.to_string()).await;
        assert_eq!(client.syncs().await.said(&room), [n.to_string()]);
    }
}

#[tokio::test]
async fn the_same_token_gives_the_same_answer() {
    let world = World::new().await;
    let alice = world.person("alice");
    let room = alice.creates().await;
    let mut client = alice.client();
    client.syncs().await;
    alice.says(&room, "once").await;
    let mut again = client.clone();
    let first = client.syncs().await;
    assert_eq!(first.0, again.syncs().await.0);
}

#[tokio::test]
async fn what_does_not_fit_is_a_gap_that_pages_fill() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let room = alice.creates().await;
    bob.joins(&room).await;
    let mut client = bob.client();
    client.syncs().await;
    let since = client.since.clone().unwrap();
    for n in 0..30 {
        alice.says(&room, &n.to_string()).await;
    }
    let told = client.syncs().await;
    let timeline = &told.joined(&room)["timeline"];
    assert_eq!(timeline["limited"], true);
    let shown = texts(&timeline["events"]);
    assert_eq!(shown.len(), 10);

    let handle = world.rooms.room(&room).await.unwrap();
    let place = async |token: &str| {
        let token: TimelineToken = token.parse().unwrap();
        Some(world.rooms.place(&handle, token).await.unwrap())
    };
    let viewer = world.rooms.viewer(&handle, &bob.id, None);
    let request = PageRequest {
        from: place(timeline["prev_batch"].as_str().unwrap()).await,
        to: place(&since).await,
        way: Way::Back,
        limit: 100,
        wanted: &|_| true,
    };
    let page = world.rooms.messages(&viewer, request).await.unwrap();
    let json = viewer.client_json_all(&page.events).await.unwrap();
    let mut all: Vec<Value> = json.iter().map(|e| serde_json::from_str(e).unwrap()).collect();
    all.reverse();
    let all = [texts(&all.into()), shown].concat();
    assert_eq!(all, (0..30).map(|n| n.to_string()).collect::<Vec<_>>());
}

#[tokio::test]
async fn state_that_changed_in_a_gap_is_told_before_the_timeline() {
    let world = World::new().await;
    let alice = world.person("alice");
    let room = alice.creates().await;
    let mut client = alice.client();
    let mut after = alice.client().wanting_state_after();
    client.syncs().await;
    after.syncs().await;
    alice.sets(&room, "m.room.name", "", json!({ "name": "in the gap" })).await;
    for n in 0..9 {
        alice.says(&room, &n.to_string()).await;
    }
    alice.sets(&room, "m.room.topic", "", json!({ "topic": "in the timeline" })).await;

    let told = client.syncs().await;
    let before = &told.joined(&room)["state"]["events"];
    assert_eq!(state(before), [("m.room.name".to_owned(), String::new())]);
    assert_eq!(told.joined(&room).get("state_after"), None);

    let told = after.syncs().await;
    let after = &told.joined(&room)["state_after"]["events"];
    let names = [("m.room.name".to_owned(), String::new())];
    let topics = [("m.room.topic".to_owned(), String::new())];
    assert_eq!(state(after), [names, topics].concat());
    assert_eq!(told.joined(&room).get("state"), None);
}

#[tokio::test]
async fn full_state_tells_all_state_and_no_old_timeline() {
    let world = World::new().await;
    let alice = world.person("alice");
    let (room, quiet) = (alice.creates().await, alice.creates().await);
    let mut client = alice.client();
    client.syncs().await;
    alice.says(&room, "new").await;
    let told = client.syncs_full_state().await;
    assert_eq!(told.said(&room), ["new"]);
    assert_eq!(told.said(&quiet), [""; 0]);
    for room in [&room, &quiet] {
        let state = state(&told.joined(room)["state"]["events"]);
        assert!(state.contains(&("m.room.create".to_owned(), String::new())));
    }
}

#[tokio::test]
async fn only_the_device_that_sent_an_event_is_told_its_transaction() {
    let world = World::new().await;
    let alice = world.person("alice");
    let room = alice.creates().await;
    let (mut here, mut there) = (alice.client(), alice.on("OTHER").client());
    here.syncs().await;
    there.syncs().await;
    alice.sends_as(&room, "hello", "txn").await;
    let transaction = |told: &crate::world::Told| {
        told.joined(&room)["timeline"]["events"][0]["unsigned"]["transaction_id"].clone()
    };
    assert_eq!(transaction(&here.syncs().await), "txn");
    assert_eq!(transaction(&there.syncs().await), Value::Null);
}

#[tokio::test]
async fn a_token_from_before_a_restart_goes_on() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let rooms = [alice.creates().await, alice.creates().await];
    for room in &rooms {
        bob.joins(room).await;
    }
    let mut client = alice.client();
    client.syncs().await;
    bob.says(&rooms[1], "while away").await;
    let world = world.forgetting();
    client.person = alice.at(&world);
    let told = client.syncs().await;
    assert_eq!(told.said(&rooms[1]), ["while away"]);
    assert_eq!(told.joined(&rooms[0]), &Value::Null);
    assert!(client.syncs().await.is_silent());
}

#[tokio::test]
async fn a_token_ahead_of_the_log_begins_anew() {
    let world = World::new().await;
    let alice = world.person("alice");
    let room = alice.creates().await;
    let mut client = alice.client();
    client.since = Some("s999999_0".to_owned());
    let told = client.syncs().await;
    assert_eq!(told.said(&room)[0], "m.room.create");
    assert!(client.syncs().await.is_silent());
}

#[tokio::test]
async fn people_name_a_room_that_has_no_name() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let room = alice.creates().await;
    bob.joins(&room).await;
    let mut client = alice.client();
    let summary = client.syncs().await.joined(&room)["summary"].clone();
    assert_eq!(
        summary,
        json!({ "m.heroes": ["@bob:s"], "m.joined_member_count": 2, "m.invited_member_count": 0 })
    );

    bob.says(&room, "no change").await;
    assert_eq!(client.syncs().await.joined(&room).get("summary"), None);

    alice.invites(&room, &world.person("carol")).await;
    let summary = client.syncs().await.joined(&room)["summary"].clone();
    assert_eq!(summary["m.heroes"], json!(["@bob:s", "@carol:s"]));
    assert_eq!(summary["m.invited_member_count"], 1);
}
