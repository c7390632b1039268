//! Nodes over one database: what is done at one is done at all.

use std::time::{Duration, Instant};

use http::Method;
use serde_json::json;
use throwaway::{Postgres, Settings};

use crate::harness::{Answer, Cluster, Node, PASSWORD, PATIENCE, Person, Way, make_databases};

const WHOAMI: &str = "/_matrix/client/v3/account/whoami";

/// Two nodes, with Alice at the first and Bob at the second, and a room of both.
async fn two_in_a_room() -> (Cluster, Person, Person, String) {
    let cluster = Cluster::start(2).await;
    let (alice, bob) = (cluster.register(0, "alice").await, cluster.register(1, "bob").await);
    let room = alice.creates_room(json!({ "preset": "private_chat" })).await;
    alice.brings(&cluster.on(0, &bob), &room).await;
    (cluster, alice, bob, room)
}

async fn since(person: &Person) -> String {
    person.syncs("").await["next_batch"].as_str().unwrap().to_owned()
}

/// Asks until the answer is as wanted: for what a node learns from another.
async fn answers_at_last(person: &Person, path: &str, wanted: impl Fn(&Answer) -> bool) {
    let start = Instant::now();
    while !wanted(&person.get(path).await) {
        assert!(start.elapsed() < PATIENCE, "it never came");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_that_waits_at_one_node_sees_what_is_written_at_another() {
    let (_cluster, alice, bob, room) = two_in_a_room().await;
    let mut from = since(&bob).await;
    for word in ["one", "two", "three"] {
        let waiting = tokio::spawn({
            let (bob, query) = (bob.clone(), format!("?timeout=60000&since={from}"));
            async move { bob.syncs(&query).await }
        });
        let event = alice.says(&room, word).await;
        let new = waiting.await.unwrap();
        assert_eq!(new["rooms"]["join"][&room]["timeline"]["events"][0]["event_id"], event);
        new["next_batch"].as_str().unwrap().clone_into(&mut from);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_one_node_leads_on_at_another() {
    let (cluster, alice, bob, room) = two_in_a_room().await;
    let mut from = since(&alice).await;
    for number in 0..6 {
        let event = bob.says(&room, &format!("word-{number}")).await;
        let reader = cluster.on(number, &alice);
        let new = reader.syncs(&format!("?timeout=60000&since={from}")).await;
        let events = new["rooms"]["join"][&room]["timeline"]["events"].as_array().unwrap().clone();
        assert_eq!(events.iter().map(|event| &event["event_id"]).collect::<Vec<_>>(), [&event]);
        new["next_batch"].as_str().unwrap().clone_into(&mut from);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_types_at_one_node_is_seen_at_another_until_they_stop() {
    let (_cluster, alice, bob, room) = two_in_a_room().await;
    let path = format!("/_matrix/client/v3/rooms/{room}/typing/{}", bob.user_id);
    let seen = tokio::spawn({
        let (alice, bob) = (alice.clone(), bob.clone());
        let (room, path) = (room.clone(), path.clone());
        async move {
            // A hint may be lost: who types says it again and again, as clients do.
            loop {
                bob.put(&path, json!({ "typing": true, "timeout": 30_000 })).await.ok();
                let new = alice.syncs("?timeout=0").await;
                let events = new["rooms"]["join"][&room]["ephemeral"]["events"].clone();
                let wanted = json!({ "user_ids": [bob.user_id] });
                let events = events.as_array().into_iter().flatten();
                if events.into_iter().any(|event| event["content"] == wanted) {
                    return new["next_batch"].as_str().unwrap().to_owned();
                }
            }
        }
    });
    let from = tokio::time::timeout(PATIENCE, seen).await.unwrap().unwrap();
    let waiting = tokio::spawn({
        let alice = alice.clone();
        async move {
            let mut from = from;
            // What her first answer told already, the next may tell once more.
            loop {
                let new = alice.syncs(&format!("?timeout=20000&since={from}")).await;
                let typing = &new["rooms"]["join"][&room]["ephemeral"]["events"][0];
                if typing["content"]["user_ids"] == json!([]) {
                    return typing["type"].clone();
                }
                from = new["next_batch"].as_str().unwrap().to_owned();
            }
        }
    });
    bob.put(&path, json!({ "typing": false })).await.ok();
    let kind = tokio::time::timeout(PATIENCE, waiting).await.expect("the stop is told").unwrap();
    assert_eq!(kind, "m.typing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_one_everywhere_and_ends_everywhere() {
    let cluster = Cluster::start(2).await;
    let phone = cluster.register(0, "alice").await;
    let laptop = cluster.sign_in(1, "alice").await;
    for session in [&phone, &laptop] {
        for node in 0..2 {
            let who = cluster.on(node, session).get(WHOAMI).await.ok();
            assert_eq!(who["device_id"], session.device_id.as_str());
        }
    }
    laptop.post("/_matrix/client/v3/logout", json!({})).await.ok();
    laptop.get(WHOAMI).await.refused(401, "M_UNKNOWN_TOKEN");
    answers_at_last(&cluster.on(0, &laptop), WHOAMI, |answer| answer.status == 401).await;
    cluster.on(1, &phone).get(WHOAMI).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confirmation_that_was_begun_at_one_node_is_ended_at_another() {
    let cluster = Cluster::start(2).await;
    let (phone, laptop) = (cluster.register(0, "alice").await, cluster.sign_in(0, "alice").await);
    let path = format!("/_matrix/client/v3/devices/{}", laptop.device_id);
    let challenge = phone.delete(&path).await;
    assert_eq!(challenge.status, 401);
    let auth = json!({
        "type": "m.login.password", "password": PASSWORD,
        "identifier": { "type": "m.id.user", "user": "alice" },
        "session": challenge.body["session"],
    });
    let body = json!({ "auth": auth }).to_string();
    cluster.on(1, &phone).request(Method::DELETE, &path, body).await.ok();
    answers_at_last(&laptop, WHOAMI, |answer| answer.status == 401).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_goes_up_at_one_node_comes_down_at_another() {
    let cluster = Cluster::start(2).await;
    let alice = cluster.register(0, "alice").await;
    let file: Vec<u8> = (0..300_000_u32).map(|n| (n ^ (n >> 7)).to_le_bytes()[0]).collect();
    let sent = alice.request(Method::POST, "/_matrix/media/v3/upload", file.clone()).await.ok();
    let media = sent["content_uri"].as_str().unwrap().strip_prefix("mxc://").unwrap();
    let path = format!("/_matrix/client/v1/media/download/{media}");
    assert!(cluster.on(1, &alice).get(&path).await.bytes == file);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_that_is_changed_at_every_node_is_one_room() {
    let (cluster, alice, bob, room) = two_in_a_room().await;
    let topic = format!("/_matrix/client/v3/rooms/{room}/state/m.room.topic/");
    let kick = format!("/_matrix/client/v3/rooms/{room}/kick");
    for node in [1, 0, 1] {
        let text = format!("said at {node}");
        cluster.on(node, &alice).put(&topic, json!({ "topic": text })).await.ok();
        for reader in 0..2 {
            answers_at_last(&cluster.on(reader, &bob), &topic, |answer| {
                answer.body["topic"] == text.as_str()
            })
            .await;
        }
    }
    cluster.on(0, &alice).post(&kick, json!({ "user_id": bob.user_id })).await.ok();
    let path = format!("/_matrix/client/v3/rooms/{room}/send/m.room.encrypted/late");
    let content = json!({ "algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "late" });
    cluster.on(1, &bob).put(&path, content).await.refused(403, "M_FORBIDDEN");
    let path = format!("/_matrix/client/v3/rooms/{room}/joined_members");
    for node in 0..2 {
        answers_at_last(&cluster.on(node, &alice), &path, |answer| {
            answer.body["joined"].as_object().is_some_and(|members| members.len() == 1)
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_with_another_key_encryption_key_does_not_start() {
    let cluster = Cluster::start(1).await;
    let stranger = cluster.prepares_another();
    std::fs::write(stranger.key_file(), [7; 32]).unwrap();
    let why = stranger.refuses_to_start().await;
    assert!(why.contains("the key-encryption key does not open this keyring"), "{why}");
}

#[tokio::test]
async fn a_node_whose_database_has_no_schema_says_what_makes_it() {
    let database = Postgres::start(Settings::default()).unwrap();
    make_databases(&database);
    let directory = tempfile::tempdir().unwrap();
    let way = Way::to(&format!("127.0.0.1:{}", database.port()));
    let node = Node::prepare(directory.path(), 0, &way, "http://127.0.0.1:9");
    let why = node.refuses_to_start().await;
    assert!(why.contains("run `chappe migrate`"), "{why}");
    let said = node.runs(&["migrate"]).unwrap();
    assert!(said.contains("keyring: schema 1 made"), "{said}");
    let said = node.runs(&["migrate"]).unwrap();
    assert!(said.contains("keyring: schema 1 was there already"), "{said}");
}
