//! What is new, over HTTP.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::harness::{Person, Server};

const SYNC: &str = "/_matrix/client/v3/sync";

/// Alice and Bob in a room that anybody may join, where messages are readable.
async fn two_in_a_room(server: &Server) -> (Person, Person, String) {
    let (alice, bob) = (server.register("alice").await, server.register("bob").await);
    let room = alice.creates_room(json!({ "preset": "public_chat", "name": "Square" })).await;
    bob.joins(&room).await;
    (alice, bob, room)
}

async fn writes(person: &Person, room: &str, text: &str) -> String {
    let content = json!({ "msgtype": "m.text", "body": text });
    person.sends(room, "m.room.message", &format!("write-{text}"), content).await
}

fn token(sync: &Value) -> String {
    sync["next_batch"].as_str().unwrap().to_owned()
}

/// Texts of the messages of a room.
fn texts(events: &Value) -> Vec<&str> {
    let events = events.as_array().unwrap().iter();
    events.filter_map(|event| event["content"]["body"].as_str()).collect()
}

fn timeline<'a>(sync: &'a Value, room: &str) -> &'a Value {
    &sync["rooms"]["join"][room]["timeline"]
}

/// A filter, as part of a query.
fn filter(filter: &Value) -> String {
    let text = filter.to_string();
    let encoded: Vec<_> = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
    format!("filter={}", encoded.concat())
}

#[tokio::test]
async fn a_sync_that_waits_answers_as_soon_as_something_is_said() {
    let server = Server::start().await;
    let (alice, bob, room) = two_in_a_room(&server).await;
    let since = token(&bob.syncs("").await);
    let query = format!("?since={since}&timeout=30000");
    let waiting = tokio::spawn(async move { bob.syncs(&query).await });
    writes(&alice, &room, "hello").await;
    let sync = waiting.await.unwrap();
    assert_eq!(texts(&timeline(&sync, &room)["events"]), ["hello"]);
    assert_eq!(sync["rooms"]["join"][&room]["unread_notifications"]["notification_count"], 1);
}

#[tokio::test]
async fn a_sync_with_nothing_new_waits_as_long_as_asked() {
    let server = Server::start().await;
    let (alice, ..) = two_in_a_room(&server).await;
    let since = token(&alice.syncs("").await);
    let began = Instant::now();
    let sync = alice.syncs(&format!("?since={since}&timeout=300")).await;
    assert!(began.elapsed() >= Duration::from_millis(300));
    let expected = json!({
        "next_batch": since,
        "device_one_time_keys_count": { "signed_curve25519": 0 },
        "device_unused_fallback_key_types": [],
    });
    assert_eq!(sync, expected);
}

#[tokio::test]
async fn a_client_that_goes_away_while_it_waits_misses_nothing() {
    let server = Server::start().await;
    let (alice, bob, room) = two_in_a_room(&server).await;
    let since = token(&bob.syncs("").await);
    let query = format!("?since={since}&timeout=30000");
    let waiting = tokio::time::timeout(Duration::from_millis(50), bob.syncs(&query));
    assert!(waiting.await.is_err());
    writes(&alice, &room, "hello").await;
    let sync = bob.syncs(&query).await;
    assert_eq!(texts(&timeline(&sync, &room)["events"]), ["hello"]);
}

#[tokio::test]
async fn a_gap_is_paged_through_from_where_it_begins() {
    let server = Server::start().await;
    let (alice, bob, room) = two_in_a_room(&server).await;
    let since = token(&bob.syncs("").await);
    let all: Vec<_> = (0..25).map(|n| n.to_string()).collect();
    for text in &all {
        writes(&alice, &room, text).await;
    }
    let sync = bob.syncs(&format!("?since={since}")).await;
    let timeline = timeline(&sync, &room);
    assert_eq!(timeline["limited"], true);
    let from = timeline["prev_batch"].as_str().unwrap();
    let path = format!("/_matrix/client/v3/rooms/{room}/messages");
    let query = format!("{path}?dir=b&limit=100&from={from}&to={since}");
    let page = bob.get(&query).await.ok();
    let mut before = texts(&page["chunk"]);
    before.reverse();
    assert_eq!([before, texts(&timeline["events"])].concat(), all);
}

#[tokio::test]
async fn filters_are_given_inline_or_by_id() {
    let server = Server::start().await;
    let (alice, bob, room) = two_in_a_room(&server).await;
    writes(&bob, &room, "bob's").await;
    writes(&alice, &room, "alice's").await;
    let wanted = json!({ "room": { "timeline": {
        "types": ["m.room.message"], "not_senders": [bob.user_id],
    } } });
    let path = format!("/_matrix/client/v3/user/{}/filter", alice.user_id);
    let stored = alice.post(&path, wanted.clone()).await.ok();
    let id = stored["filter_id"].as_str().unwrap();
    for query in [filter(&wanted), format!("filter={id}")] {
        let sync = alice.syncs(&format!("?{query}")).await;
        assert_eq!(texts(&timeline(&sync, &room)["events"]), ["alice's"], "{query}");
        assert_eq!(timeline(&sync, &room)["events"].as_array().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn what_is_no_token_and_no_filter_is_refused() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    for query in [
        "since=",
        "since=s1",
        "since=t5",
        "since=s1_2_3_4",
        "filter=unknown",
        "filter=%7B",
        "filter=%7B%22room%22%3A5%7D",
        "timeout=-1",
        "timeout=soon",
        "full_state=perhaps",
    ] {
        alice.get(&format!("{SYNC}?{query}")).await.refused(400, "M_INVALID_PARAM");
    }
    server.http.get(SYNC).await.refused(401, "M_MISSING_TOKEN");
    let stranger = Person { token: "wrong".to_owned(), ..alice };
    stranger.get(SYNC).await.refused(401, "M_UNKNOWN_TOKEN");
}

#[tokio::test]
async fn state_is_told_after_the_timeline_when_asked_for() {
    let server = Server::start().await;
    let (alice, bob, room) = two_in_a_room(&server).await;
    let since = token(&bob.syncs("").await);
    let path = format!("/_matrix/client/v3/rooms/{room}/state/m.room.topic/");
    alice.put(&path, json!({ "topic": "News" })).await.ok();
    let sync = bob.syncs(&format!("?since={since}&use_state_after=true")).await;
    let joined = &sync["rooms"]["join"][&room];
    assert_eq!(joined["state_after"]["events"][0]["content"]["topic"], "News");
    assert!(joined.get("state").is_none());
    let sync = bob.syncs(&format!("?since={since}")).await;
    assert_eq!(sync["rooms"]["join"][&room]["state"]["events"], json!([]));
}

#[tokio::test]
async fn a_restart_loses_no_news_and_no_count() {
    let mut server = Server::start().await;
    let (alice, bob, room) = two_in_a_room(&server).await;
    let since = token(&bob.syncs("").await);
    writes(&alice, &room, "one").await;
    server.restart().await;
    let (alice, bob) = (server.again(&alice), server.again(&bob));
    writes(&alice, &room, "two").await;
    let sync = bob.syncs(&format!("?since={since}")).await;
    assert_eq!(texts(&timeline(&sync, &room)["events"]), ["one", "two"]);
    assert_eq!(sync["rooms"]["join"][&room]["unread_notifications"]["notification_count"], 2);
}

#[tokio::test]
async fn whose_devices_changed_is_told_between_two_tokens() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    let bob = server.register("bob").await;
    let room = alice.creates_room(json!({ "preset": "private_chat" })).await;
    let from = token(&alice.syncs("").await);
    alice.brings(&bob, &room).await;
    let sync = alice.syncs(&format!("?since={from}")).await;
    assert_eq!(sync["device_lists"]["changed"], json!([bob.user_id]));
    let to = token(&sync);
    let changes = |from: &str, to: &str| {
        let path = format!("/_matrix/client/v3/keys/changes?from={from}&to={to}");
        let alice = alice.clone();
        async move { alice.get(&path).await }
    };
    let told = changes(&from, &to).await.ok();
    assert_eq!(told, json!({ "changed": [bob.user_id], "left": [] }));
    assert_eq!(changes(&to, &to).await.ok(), json!({ "changed": [], "left": [] }));
    changes("x", &to).await.refused(400, "M_INVALID_PARAM");
}
