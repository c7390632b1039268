//! How far people have read, and who is typing.

use http::Method;
use serde_json::{Value, json};

use crate::harness::{Person, Server};
use crate::rooms::at;

async fn two_in_a_room() -> (Server, Person, Person, String) {
    let server = Server::start().await;
    let (alice, bob) = (server.register("alice").await, server.register("bob").await);
    let room = alice.creates_room(json!({})).await;
    alice.brings(&bob, &room).await;
    (server, alice, bob, room)
}

/// The content of an ephemeral event of a room, as a whole sync tells it.
async fn ephemeral(person: &Person, room: &str, kind: &str) -> Value {
    let sync = person.syncs("").await;
    let events = sync["rooms"]["join"][room]["ephemeral"]["events"].as_array().cloned();
    let found = events.unwrap_or_default().into_iter().find(|event| event["type"] == kind);
    found.map_or(Value::Null, |event| event["content"].clone())
}

fn receipt(room: &str, kind: &str, event: &str) -> String {
    at(room, &format!("receipt/{kind}/{event}"))
}

async fn fully_read(person: &Person, room: &str) -> Value {
    let user = &person.user_id;
    let path = format!("/_matrix/client/v3/user/{user}/rooms/{room}/account_data/m.fully_read");
    person.get(&path).await.body["event_id"].clone()
}

#[tokio::test]
async fn a_receipt_is_seen_by_the_room_and_a_private_one_by_oneself() {
    let (_server, alice, bob, room) = two_in_a_room().await;
    let event = alice.says(&room, "hello").await;
    bob.post(&receipt(&room, "m.read.private", &event), json!({})).await.ok();
    let own = ephemeral(&bob, &room, "m.receipt").await;
    assert!(own[&event]["m.read.private"][&bob.user_id]["ts"].is_u64());
    assert!(!ephemeral(&alice, &room, "m.receipt").await.to_string().contains(&bob.user_id));
    bob.post(&receipt(&room, "m.read", &event), json!({})).await.ok();
    let seen = ephemeral(&alice, &room, "m.receipt").await;
    assert!(seen[&event]["m.read"][&bob.user_id]["ts"].is_u64());
    assert!(seen[&event].get("m.read.private").is_none());
}

#[tokio::test]
async fn receipts_move_forward_only() {
    let (_server, alice, bob, room) = two_in_a_room().await;
    let first = alice.says(&room, "first").await;
    let second = alice.says(&room, "second").await;
    bob.post(&receipt(&room, "m.read", &second), json!({})).await.ok();
    bob.post(&receipt(&room, "m.read", &first), json!({})).await.ok();
    let seen = ephemeral(&alice, &room, "m.receipt").await;
    assert!(seen[&second]["m.read"].get(&bob.user_id).is_some());
    assert!(seen.get(&first).is_none());
}

#[tokio::test]
async fn a_thread_has_receipts_of_its_own() {
    let (_server, alice, bob, room) = two_in_a_room().await;
    let start = alice.says(&room, "root").await;
    let read = receipt(&room, "m.read", &start);
    bob.post(&read, json!({ "thread_id": "main" })).await.ok();
    bob.post(&read, json!({ "thread_id": start })).await.ok();
    bob.post(&read, json!({})).await.ok();
    let seen = ephemeral(&alice, &room, "m.receipt").await;
    assert!(seen[&start]["m.read"].get(&bob.user_id).is_some());
    for thread in [json!(""), json!(5), json!("x"), json!(["main"])] {
        let answer = bob.post(&read, json!({ "thread_id": thread })).await;
        assert_eq!(answer.status, 400, "{thread}");
    }
    let marker = receipt(&room, "m.fully_read", &start);
    let refused = bob.post(&marker, json!({ "thread_id": "main" })).await;
    refused.refused(400, "M_INVALID_PARAM");
}

#[tokio::test]
async fn a_receipt_in_a_thread_is_on_what_belongs_to_it() {
    let (_server, alice, bob, room) = two_in_a_room().await;
    let start = alice.says(&room, "root").await;
    let outside = alice.says(&room, "outside").await;
    let says = async |transaction: &str, kind: &str, parent: &str| {
        let relation = json!({ "rel_type": kind, "event_id": parent });
        let content = json!({
            "algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "x", "m.relates_to": relation,
        });
        alice.sends(&room, "m.room.encrypted", transaction, content).await
    };
    let inside = says("1", "m.thread", &start).await;
    let edit = says("2", "m.replace", &inside).await;
    let of_edit = says("3", "m.annotation", &edit).await;
    let of_outside = says("4", "m.annotation", &outside).await;
    let thread = json!({ "thread_id": start });
    for event in [&start, &inside, &edit, &of_edit] {
        bob.post(&receipt(&room, "m.read", event), thread.clone()).await.ok();
    }
    for event in [&outside, &of_outside] {
        let refused = bob.post(&receipt(&room, "m.read", event), thread.clone()).await;
        refused.refused(400, "M_INVALID_PARAM");
    }
}

#[tokio::test]
async fn a_marker_is_set_by_either_endpoint() {
    let (_server, alice, bob, room) = two_in_a_room().await;
    let first = alice.says(&room, "first").await;
    let second = alice.says(&room, "second").await;
    bob.post(&receipt(&room, "m.fully_read", &first), json!({})).await.ok();
    assert_eq!(fully_read(&bob, &room).await, first.as_str());
    let all = json!({ "m.fully_read": second, "m.read": second, "m.read.private": first });
    bob.post(&at(&room, "read_markers"), all).await.ok();
    assert_eq!(fully_read(&bob, &room).await, second.as_str());
    let own = ephemeral(&bob, &room, "m.receipt").await;
    assert!(own[&second]["m.read"].get(&bob.user_id).is_some());
    assert!(own[&first]["m.read.private"].get(&bob.user_id).is_some());
    bob.post(&at(&room, "read_markers"), json!({})).await.ok();
}

#[tokio::test]
async fn only_what_one_may_see_is_marked_read() {
    let (server, alice, bob, room) = two_in_a_room().await;
    let eve = server.register("eve").await;
    let event = alice.says(&room, "hello").await;
    let elsewhere = alice.creates_room(json!({})).await;
    let other = alice.says(&elsewhere, "other").await;
    for id in ["$unknown", other.as_str()] {
        bob.post(&receipt(&room, "m.read", id), json!({})).await.refused(404, "M_NOT_FOUND");
        let markers = json!({ "m.read": event, "m.fully_read": id });
        let refused = bob.post(&at(&room, "read_markers"), markers).await;
        refused.refused(404, "M_NOT_FOUND");
    }
    assert!(!ephemeral(&alice, &room, "m.receipt").await.to_string().contains(&bob.user_id));
    eve.post(&receipt(&room, "m.read", &event), json!({})).await.refused(403, "M_FORBIDDEN");
    let markers = json!({ "m.read": event });
    eve.post(&at(&room, "read_markers"), markers).await.refused(403, "M_FORBIDDEN");
    bob.post(&receipt(&room, "m.odd", &event), json!({})).await.refused(400, "M_INVALID_PARAM");
}

#[tokio::test]
async fn receipts_survive_a_restart() {
    let (mut server, alice, bob, room) = two_in_a_room().await;
    let event = alice.says(&room, "hello").await;
    bob.post(&receipt(&room, "m.read", &event), json!({})).await.ok();
    server.restart().await;
    let seen = ephemeral(&server.again(&alice), &room, "m.receipt").await;
    assert!(seen[&event]["m.read"].get(&bob.user_id).is_some());
}

#[tokio::test]
async fn who_types_is_told_until_they_stop_or_the_time_is_up() {
    let (_server, alice, bob, room) = two_in_a_room().await;
    let typing = at(&room, &format!("typing/{}", bob.user_id));
    let typists = async || {
        let content = ephemeral(&alice, &room, "m.typing").await;
        content["user_ids"].as_array().cloned().unwrap_or_default()
    };
    assert!(typists().await.is_empty());
    bob.put(&typing, json!({ "typing": true, "timeout": 30_000 })).await.ok();
    assert_eq!(typists().await, [json!(bob.user_id)]);
    bob.put(&typing, json!({ "typing": false })).await.ok();
    assert!(typists().await.is_empty());
    bob.put(&typing, json!({ "typing": true, "timeout": 100 })).await.ok();
    tokio::time::sleep(std::time::Duration::from_millis(150)).await;
    assert!(typists().await.is_empty());
}

#[tokio::test]
async fn nobody_types_for_somebody_else_or_where_they_are_not() {
    let (server, alice, bob, room) = two_in_a_room().await;
    let eve = server.register("eve").await;
    let body = json!({ "typing": true, "timeout": 1000 });
    let path = |person: &Person| at(&room, &format!("typing/{}", person.user_id));
    bob.put(&path(&alice), body.clone()).await.refused(403, "M_FORBIDDEN");
    eve.put(&path(&eve), body).await.refused(403, "M_FORBIDDEN");
    let wordless = bob.request(Method::PUT, &path(&bob), "{\"typing\": 5}").await;
    wordless.refused(400, "M_BAD_JSON");
}
