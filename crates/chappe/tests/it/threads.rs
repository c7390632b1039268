//! Threads: where they may begin, and the list of them.

use serde_json::{Value, json};

use crate::harness::{Answer, Person};
use crate::relations::{ids, ignores, relates, two_in_a_room, writes};
use crate::rooms::at;

fn list(room: &str, query: &str) -> String {
    format!("/_matrix/client/v1/rooms/{room}/threads{query}")
}

async fn roots(person: &Person, room: &str, query: &str) -> Vec<String> {
    ids(&person.get(&list(room, query)).await.ok()["chunk"])
}

async fn tries_to_reply(person: &Person, room: &str, to: &str, transaction: &str) -> Answer {
    let relation = json!({ "rel_type": "m.thread", "event_id": to });
    let content = json!({ "msgtype": "m.text", "body": "x", "m.relates_to": relation });
    person.put(&at(room, &format!("send/m.room.message/{transaction}")), content).await
}

#[tokio::test]
async fn a_thread_begins_at_no_event_that_relates_to_another() {
    let (_server, alice, bob, room) = two_in_a_room().await;
    let said = writes(&alice, &room, "hello").await;
    let reply = relates(&alice, &room, ("m.thread", &said), "1").await;
    let edit = relates(&alice, &room, ("m.replace", &said), "2").await;
    tries_to_reply(&bob, &room, &reply, "a").await.refused(400, "M_UNKNOWN");
    tries_to_reply(&bob, &room, &edit, "b").await.refused(400, "M_UNKNOWN");
    tries_to_reply(&bob, &room, &said, "c").await.ok();
    let answer = json!({
        "msgtype": "m.text", "body": "a rich reply",
        "m.relates_to": { "m.in_reply_to": { "event_id": said } },
    });
    let answer = alice.sends(&room, "m.room.message", "d", answer).await;
    tries_to_reply(&bob, &room, &answer, "e").await.ok();
}

#[tokio::test]
async fn threads_are_listed_by_newest_reply_in_pages() {
    let (_server, alice, bob, room) = two_in_a_room().await;
    let mut said = Vec::new();
    for number in 0..4 {
        said.push(writes(&alice, &room, &number.to_string()).await);
    }
    for (number, by) in [(0, &alice), (1, &alice), (2, &alice), (0, &bob)] {
        relates(by, &room, ("m.thread", &said[number]), &format!("to {number}")).await;
    }
    let expected = [said[0].clone(), said[2].clone(), said[1].clone()];
    assert_eq!(roots(&bob, &room, "").await, expected);
    assert_eq!(roots(&bob, &room, "?include=all").await, expected);
    assert_eq!(roots(&bob, &room, "?include=participated").await, expected[..1]);
    assert_eq!(roots(&alice, &room, "?include=participated").await, expected);

    let first = bob.get(&list(&room, "?limit=2")).await.ok();
    assert_eq!(ids(&first["chunk"]), expected[..2]);
    let thread = &first["chunk"][0]["unsigned"]["m.relations"]["m.thread"];
    assert_eq!((&thread["count"], &thread["current_user_participated"]), (&json!(2), &json!(true)));
    let next = first["next_batch"].as_str().unwrap();
    let second = bob.get(&list(&room, &format!("?limit=2&from={next}"))).await.ok();
    assert_eq!(ids(&second["chunk"]), expected[2..]);
    assert!(second.get("next_batch").is_none());
}

#[tokio::test]
async fn a_list_of_threads_that_is_asked_for_wrongly_is_refused() {
    let (server, alice, _bob, room) = two_in_a_room().await;
    let carol = server.register("carol").await;
    carol.get(&list(&room, "")).await.refused(403, "M_FORBIDDEN");
    alice.get(&list("!unknown:chappe.example", "")).await.refused(403, "M_FORBIDDEN");
    for query in ["?include=some", "?from=nonsense", "?limit=-1", "?limit=x"] {
        alice.get(&list(&room, query)).await.refused(400, "M_INVALID_PARAM");
    }
    assert!(roots(&alice, &room, "?limit=0").await.is_empty());
}

#[tokio::test]
async fn a_root_by_an_ignored_person_is_listed_without_its_words() {
    let (_server, alice, bob, room) = two_in_a_room().await;
    let said = writes(&bob, &room, "hello").await;
    relates(&alice, &room, ("m.thread", &said), "reply").await;
    let other = writes(&alice, &room, "mine").await;
    relates(&bob, &room, ("m.thread", &other), "of bob alone").await;
    ignores(&alice, &bob).await;
    let page = alice.get(&list(&room, "")).await.ok();
    assert_eq!(ids(&page["chunk"]), [said]);
    assert_eq!(page["chunk"][0]["content"], json!({}));
    assert_eq!(page["chunk"][0]["unsigned"]["m.relations"]["m.thread"]["count"], 1);
}

#[tokio::test]
async fn threads_outlive_a_restart_and_redactions_count() {
    let (mut server, alice, bob, room) = two_in_a_room().await;
    let said = writes(&alice, &room, "hello").await;
    let other = writes(&alice, &room, "hello again").await;
    relates(&bob, &room, ("m.thread", &said), "1").await;
    relates(&bob, &room, ("m.thread", &other), "2").await;
    let last = relates(&bob, &room, ("m.thread", &said), "3").await;
    server.restart().await;
    let (alice, bob) = (server.again(&alice), server.again(&bob));
    assert_eq!(roots(&alice, &room, "").await, [said.clone(), other.clone()]);
    bob.put(&at(&room, &format!("redact/{last}/r")), json!({})).await.ok();
    assert_eq!(roots(&alice, &room, "").await, [other, said.clone()]);
    let event: Value = alice.get(&at(&room, &format!("event/{said}"))).await.ok();
    assert_eq!(event["unsigned"]["m.relations"]["m.thread"]["count"], 1);
}
