//! Unread counts, as /sync tells them.

use serde_json::{Value, json};

use crate::harness::{Person, Server};
use crate::rooms::at;

/// Notifications and highlights of a room, as a device that begins is told.
async fn unread(person: &Person, room: &str) -> (u64, u64) {
    let sync = person.syncs("").await;
    counts(&sync["rooms"]["join"][room]["unread_notifications"])
}

fn counts(counts: &Value) -> (u64, u64) {
    let count = |name: &str| counts[name].as_u64().expect("a count");
    (count("notification_count"), count("highlight_count"))
}

async fn says(person: &Person, room: &str, text: &str, more: Value) -> String {
    let mut content = json!({ "msgtype": "m.text", "body": text });
    content.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
    let transaction = text.replace(' ', "-");
    person.sends(room, "m.room.message", &transaction, content).await
}

async fn forum(server: &Server) -> (Person, Person, String) {
    let (alice, bob) = (server.register("alice").await, server.register("bob").await);
    let room = alice.creates_room(json!({ "preset": "public_chat" })).await;
    bob.joins(&room).await;
    (alice, bob, room)
}

#[tokio::test]
async fn counts_come_with_the_event_and_are_the_same_after_a_restart() {
    let mut server = Server::start().await;
    let (alice, bob, room) = forum(&server).await;
    let since = bob.syncs("").await["next_batch"].as_str().unwrap().to_owned();
    says(&alice, &room, "one", json!({})).await;
    let mention = json!({ "m.mentions": { "user_ids": [bob.user_id] } });
    let event = says(&alice, &room, "two", mention).await;
    let sync = bob.syncs(&format!("?since={since}")).await;
    let joined = &sync["rooms"]["join"][&room];
    assert_eq!(joined["timeline"]["events"][1]["event_id"], json!(event));
    assert_eq!(counts(&joined["unread_notifications"]), (2, 1));

    server.restart().await;
    let (alice, bob) = (server.again(&alice), server.again(&bob));
    assert_eq!(unread(&bob, &room).await, (2, 1));
    bob.post(&at(&room, &format!("receipt/m.read.private/{event}")), json!({})).await.ok();
    assert_eq!(unread(&bob, &room).await, (0, 0));
    says(&alice, &room, "three", json!({})).await;
    assert_eq!(unread(&bob, &room).await, (1, 0));
    assert_eq!(unread(&alice, &room).await, (0, 0));
}

#[tokio::test]
async fn who_speaks_in_a_thread_has_read_it_even_when_they_take_it_back() {
    let mut server = Server::start().await;
    let (alice, bob, room) = forum(&server).await;
    let first = says(&alice, &room, "root", json!({})).await;
    let thread = json!({ "m.relates_to": { "rel_type": "m.thread", "event_id": first } });
    says(&alice, &room, "in the thread", thread.clone()).await;
    assert_eq!(unread(&bob, &room).await, (2, 0));
    let own = says(&bob, &room, "answer", thread).await;
    assert_eq!(unread(&bob, &room).await, (1, 0));
    let answer = bob.put(&at(&room, &format!("redact/{own}/r")), json!({})).await;
    answer.ok();
    server.restart().await;
    // Taking back is itself said, outside of the thread.
    assert_eq!(unread(&server.again(&bob), &room).await, (0, 0));
}

#[tokio::test]
async fn another_rule_counts_anew() {
    let server = Server::start().await;
    let (alice, bob, room) = forum(&server).await;
    says(&alice, &room, "semaphore", json!({})).await;
    says(&alice, &room, "optique", json!({})).await;
    assert_eq!(unread(&bob, &room).await, (2, 0));
    let rule = |path: &str| format!("/_matrix/client/v3/pushrules/global/{path}");
    let highlight = json!({
        "pattern": "semaphore", "actions": ["notify", { "set_tweak": "highlight" }],
    });
    bob.put(&rule("content/word"), highlight).await.ok();
    assert_eq!(unread(&bob, &room).await, (2, 1));
    bob.put(&rule("override/.m.rule.master/enabled"), json!({ "enabled": true })).await.ok();
    assert_eq!(unread(&bob, &room).await, (0, 0));
}
