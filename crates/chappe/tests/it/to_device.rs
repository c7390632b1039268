//! Messages from device to device.

use serde_json::{Value, json};

use crate::harness::{Person, Server};

async fn send(from: &Person, transaction: &str, to: &Person, device: &str, text: &str) {
    let path = format!("/_matrix/client/v3/sendToDevice/m.test/{transaction}");
    let messages = json!({ (&to.user_id): { (device): { "text": text } } });
    from.put(&path, json!({ "messages": messages })).await.ok();
}

/// What a sync tells of messages, and the next token.
async fn messages(person: &Person, since: Option<&str>) -> (Vec<Value>, String) {
    let sync =
        person.syncs(&since.map_or_else(String::new, |since| format!("?since={since}"))).await;
    let events = sync["to_device"]["events"].as_array().cloned().unwrap_or_default();
    (events, sync["next_batch"].as_str().unwrap().to_owned())
}

fn texts(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["content"]["text"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_message_comes_until_the_next_token_says_that_it_arrived() {
    let server = Server::start().await;
    let (alice, bob) = (server.register("alice").await, server.register("bob").await);
    let (_, start) = messages(&bob, None).await;
    send(&alice, "1", &bob, &bob.device_id, "one").await;
    send(&alice, "2", &bob, "*", "two").await;
    let (first, next) = messages(&bob, Some(&start)).await;
    let (again, _) = messages(&bob, Some(&start)).await;
    assert_eq!(texts(&first), ["one", "two"]);
    assert_eq!(first, again, "the answer may have been lost");
    let expected = json!({
        "type": "m.test", "sender": alice.user_id, "content": { "text": "one" },
    });
    assert_eq!(first[0], expected);
    assert!(messages(&bob, Some(&next)).await.0.is_empty());
    assert!(messages(&bob, Some(&start)).await.0.is_empty(), "it was acknowledged");
}

#[tokio::test]
async fn a_request_repeated_after_a_restart_is_sent_once() {
    let mut server = Server::start().await;
    let (alice, bob) = (server.register("alice").await, server.register("bob").await);
    send(&alice, "same", &bob, "*", "once").await;
    server.restart().await;
    let (alice, bob) = (server.again(&alice), server.again(&bob));
    send(&alice, "same", &bob, "*", "once").await;
    assert_eq!(texts(&messages(&bob, None).await.0), ["once"]);
    assert!(server.files_with(b"\"once\"").is_empty());
}

#[tokio::test]
async fn a_star_reaches_every_device_and_the_unknown_is_passed_over() {
    let server = Server::start().await;
    let (alice, bob) = (server.register("alice").await, server.register("bob").await);
    let laptop = server.sign_in("bob").await;
    send(&alice, "1", &bob, "*", "all").await;
    send(&alice, "2", &bob, "NOWHERE", "lost").await;
    let nobody = Person { user_id: "@nobody:chappe.example".to_owned(), ..bob.clone() };
    send(&alice, "3", &nobody, "*", "lost").await;
    for device in [&bob, &laptop] {
        assert_eq!(texts(&messages(device, None).await.0), ["all"]);
    }
    assert!(messages(&alice, None).await.0.is_empty());
}

#[tokio::test]
async fn a_full_inbox_comes_in_order_over_several_syncs() {
    let server = Server::start().await;
    let (alice, bob) = (server.register("alice").await, server.register("bob").await);
    let sent: Vec<String> = (0..150).map(|n| n.to_string()).collect();
    for text in &sent {
        send(&alice, text, &bob, "*", text).await;
    }
    let mut came = Vec::new();
    let (mut events, mut next) = messages(&bob, None).await;
    while !events.is_empty() {
        came.extend(texts(&events).into_iter().map(ToOwned::to_owned));
        (events, next) = messages(&bob, Some(&next)).await;
    }
    assert_eq!(came, sent);
}

#[tokio::test]
async fn malformed_messages_are_refused() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    let path = "/_matrix/client/v3/sendToDevice/m.test/1";
    for body in [json!({}), json!({ "messages": [] }), json!({ "messages": { "alice": {} } })] {
        alice.put(path, body).await.refused(400, "M_BAD_JSON");
    }
}
