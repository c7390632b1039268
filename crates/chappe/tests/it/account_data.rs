//! Account data, tags and filters.

use serde_json::{Value, json};

use crate::harness::{Person, Server};

const ROOM: &str = "!room:chappe.example";

fn global(person: &Person, kind: &str) -> String {
    format!("/_matrix/client/v3/user/{}/account_data/{kind}", person.user_id)
}

fn in_room(person: &Person, room: &str, kind: &str) -> String {
    format!("/_matrix/client/v3/user/{}/rooms/{room}/account_data/{kind}", person.user_id)
}

fn tags(person: &Person, room: &str, tag: &str) -> String {
    format!("/_matrix/client/v3/user/{}/rooms/{room}/tags{tag}", person.user_id)
}

/// The content of a datum in a section of a sync.
fn found(section: &Value, kind: &str) -> Value {
    let events = section["account_data"]["events"].as_array().cloned().unwrap_or_default();
    let event = events.into_iter().find(|event| event["type"] == kind);
    event.map_or(Value::Null, |event| event["content"].clone())
}

#[tokio::test]
async fn data_is_kept_and_told_to_the_person_s_devices() {
    let mut server = Server::start().await;
    let alice = server.register("alice").await;
    let room = alice.creates_room(json!({})).await;
    let since = alice.syncs("").await["next_batch"].as_str().unwrap().to_owned();
    let secret = json!({ "nested": { "word": "sémaphore-de-données" } });
    alice.put(&global(&alice, "org.x"), secret.clone()).await.ok();
    alice.put(&in_room(&alice, &room, "org.y"), json!({ "n": 1 })).await.ok();
    let sync = alice.syncs(&format!("?since={since}")).await;
    assert_eq!(found(&sync, "org.x"), secret);
    assert_eq!(found(&sync["rooms"]["join"][&room], "org.y"), json!({ "n": 1 }));

    server.restart().await;
    let alice = server.again(&alice);
    assert_eq!(alice.get(&global(&alice, "org.x")).await.ok(), secret);
    assert_eq!(alice.get(&in_room(&alice, &room, "org.y")).await.ok(), json!({ "n": 1 }));
    assert!(server.files_with("sémaphore-de-données".as_bytes()).is_empty());
    let sync = alice.syncs("").await;
    assert_eq!(found(&sync, "org.x"), secret);
    assert_eq!(found(&sync["rooms"]["join"][&room], "org.y"), json!({ "n": 1 }));
}

#[tokio::test]
async fn data_of_another_person_is_neither_read_nor_written() {
    let server = Server::start().await;
    let (alice, bob) = (server.register("alice").await, server.register("bob").await);
    alice.put(&global(&alice, "org.x"), json!({})).await.ok();
    for path in [global(&alice, "org.x"), in_room(&alice, ROOM, "org.x"), tags(&alice, ROOM, "")] {
        bob.get(&path).await.refused(403, "M_FORBIDDEN");
    }
    for path in
        [global(&alice, "org.x"), in_room(&alice, ROOM, "m.tag"), tags(&alice, ROOM, "/u.x")]
    {
        bob.put(&path, json!({})).await.refused(403, "M_FORBIDDEN");
    }
    let filter = format!("/_matrix/client/v3/user/{}/filter", alice.user_id);
    bob.post(&filter, json!({})).await.refused(403, "M_FORBIDDEN");
    bob.get(&format!("{filter}/x")).await.refused(403, "M_FORBIDDEN");
}

#[tokio::test]
async fn what_is_not_there_or_not_the_client_s_to_write_is_refused() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    alice.get(&global(&alice, "org.none")).await.refused(404, "M_NOT_FOUND");
    alice.get(&in_room(&alice, ROOM, "org.none")).await.refused(404, "M_NOT_FOUND");
    for kind in ["m.fully_read", "m.push_rules"] {
        for path in [global(&alice, kind), in_room(&alice, ROOM, kind)] {
            alice.put(&path, json!({})).await.refused(405, "M_BAD_JSON");
        }
    }
    alice
        .put(&in_room(&alice, "@notaroom:x", "org.x"), json!({}))
        .await
        .refused(400, "M_INVALID_PARAM");
    for body in ["[]", "1", "\"x\"", "null"] {
        let answer = alice.request(http::Method::PUT, &global(&alice, "org.x"), body).await;
        answer.refused(400, "M_BAD_JSON");
    }
    let answer = alice.request(http::Method::PUT, &global(&alice, "org.x"), "{").await;
    answer.refused(400, "M_NOT_JSON");
    let answer =
        alice.request(http::Method::PUT, &global(&alice, "org.x"), r#"{"a":1,"a":2}"#).await;
    answer.refused(400, "M_BAD_JSON");
}

#[tokio::test]
async fn tags_are_given_changed_and_taken_and_every_change_comes_down() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    let room = alice.creates_room(json!({})).await;
    assert_eq!(alice.get(&tags(&alice, &room, "")).await.ok(), json!({ "tags": {} }));
    alice.put(&tags(&alice, &room, "/m.favourite"), json!({ "order": 0.25 })).await.ok();
    alice.put(&tags(&alice, &room, "/u.work"), json!({})).await.ok();
    let both = json!({ "tags": { "m.favourite": { "order": 0.25 }, "u.work": {} } });
    assert_eq!(alice.get(&tags(&alice, &room, "")).await.ok(), both);
    let sync = alice.syncs("").await;
    assert_eq!(found(&sync["rooms"]["join"][&room], "m.tag"), both);

    alice.delete(&tags(&alice, &room, "/m.favourite")).await.ok();
    let since = sync["next_batch"].as_str().unwrap();
    let sync = alice.syncs(&format!("?since={since}")).await;
    let left = json!({ "tags": { "u.work": {} } });
    assert_eq!(found(&sync["rooms"]["join"][&room], "m.tag"), left);
}

#[tokio::test]
async fn a_filter_is_kept_once_and_found_by_its_id() {
    let mut server = Server::start().await;
    let alice = server.register("alice").await;
    let path = format!("/_matrix/client/v3/user/{}/filter", alice.user_id);
    let filter = json!({ "room": { "timeline": { "limit": 7, "types": ["m.room.message"] } } });
    let id = alice.post(&path, filter.clone()).await.ok()["filter_id"].clone();
    assert_eq!(alice.post(&path, filter.clone()).await.ok()["filter_id"], id);
    server.restart().await;
    let alice = server.again(&alice);
    let id = id.as_str().unwrap();
    assert_eq!(alice.get(&format!("{path}/{id}")).await.ok(), filter);
    alice.get(&format!("{path}/nonsense")).await.refused(404, "M_NOT_FOUND");
    alice.post(&path, json!({ "room": 1 })).await.refused(400, "M_BAD_JSON");
}
