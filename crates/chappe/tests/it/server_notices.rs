//! What the server itself has to say to people.

use http::Method;
use serde_json::{Value, json};

use crate::harness::{ADMINISTRATION, Person, Server};
use crate::rooms::at;

const SEND: &str = "/_synapse/admin/v1/send_server_notice";
const NOTICES: &str = "[notices]\nname = \"announcements\"\ndisplay_name = \"The ministry\"";

/// A server that speaks to people.
async fn speaking() -> Server {
    Server::start_with(&format!("{ADMINISTRATION}\n{NOTICES}")).await
}

fn notice(to: &Person, text: &str) -> Value {
    let content = json!({ "msgtype": "m.text", "body": text });
    json!({ "user_id": to.user_id, "content": content })
}

/// The one room that a person is asked into.
async fn asked_into(person: &Person) -> String {
    let answer = person.syncs("").await;
    let rooms = answer["rooms"]["invite"].as_object().expect("an invitation").clone();
    assert_eq!(rooms.len(), 1);
    rooms.keys().next().unwrap().clone()
}

async fn said(person: &Person, room: &str) -> Vec<String> {
    let page = person.get(&at(room, "messages?dir=f&limit=100")).await.ok();
    let events = page["chunk"].as_array().unwrap().iter();
    let bodies = events.filter_map(|event| event["content"]["body"].as_str().map(str::to_owned));
    bodies.collect()
}

#[tokio::test]
async fn a_person_has_one_room_for_what_the_server_says() {
    let mut server = speaking().await;
    let (chief, alice) =
        (server.register_administrator("root").await, server.register("alice").await);
    let sent = chief.post(SEND, notice(&alice, "first")).await.ok();
    let room = asked_into(&alice).await;
    let tags = format!("/_matrix/client/v3/user/{}/rooms/{room}/tags", alice.user_id);
    assert!(alice.get(&tags).await.ok()["tags"]["m.server_notice"].is_object());
    let invite = alice.syncs("").await["rooms"]["invite"][&room]["invite_state"]["events"].clone();
    let name = invite.as_array().unwrap().iter().find(|event| event["type"] == "m.room.name");
    assert_eq!(name.unwrap()["content"]["name"], "The ministry");

    // It cannot be declined, by whatever way.
    let errcode = "M_CANNOT_LEAVE_SERVER_NOTICE_ROOM";
    alice.post(&at(&room, "leave"), json!({})).await.refused(403, errcode);
    let state = at(&room, &format!("state/m.room.member/{}", alice.user_id));
    alice.put(&state, json!({ "membership": "leave" })).await.refused(403, errcode);

    alice.joins(&room).await;
    server.restart().await;
    let (chief, alice) = (server.again(&chief), server.again(&alice));
    chief.post(SEND, notice(&alice, "second word of the ministry")).await.ok();
    assert_eq!(said(&alice, &room).await, ["first", "second word of the ministry"]);
    let event = sent["event_id"].as_str().unwrap();
    let event = alice.get(&at(&room, &format!("event/{event}"))).await.ok();
    assert_eq!(event["sender"], "@announcements:chappe.example");

    // Who is in may go; who is spoken to again is asked in again.
    alice.post(&at(&room, "leave"), json!({})).await.ok();
    chief.post(SEND, notice(&alice, "third")).await.ok();
    assert_eq!(asked_into(&alice).await, room);
    alice.joins(&room).await;
    assert_eq!(said(&alice, &room).await, ["first", "second word of the ministry", "third"]);
    assert!(
        server.files_with(b"second word of the ministry").is_empty(),
        "what the server says is sealed, too"
    );
}

#[tokio::test]
async fn only_the_server_speaks_in_clear_there() {
    let server = speaking().await;
    let (chief, alice) =
        (server.register_administrator("root").await, server.register("alice").await);
    chief.post(SEND, notice(&alice, "hello")).await.ok();
    let room = asked_into(&alice).await;
    alice.joins(&room).await;
    let send = at(&room, "send/m.room.message/1");
    let content = json!({ "msgtype": "m.text", "body": "answer" });
    alice.put(&send, content).await.refused(403, "M_FORBIDDEN");
    alice
        .put(&at(&room, "state/m.room.topic"), json!({ "topic": "x" }))
        .await
        .refused(403, "M_FORBIDDEN");
    // Private rooms of others are as closed to plaintext as ever.
    let office = alice.creates_room(json!({})).await;
    let content = json!({ "msgtype": "m.server_notice", "body": "x" });
    alice.put(&at(&office, "send/m.room.message/1"), content).await.refused(403, "M_FORBIDDEN");
    let taken = json!({ "username": "announcements", "password": "a long password",
        "auth": { "type": "m.login.dummy" } });
    let taken = server.http.post("/_matrix/client/v3/register", taken).await;
    taken.refused(400, "M_USER_IN_USE");
}

#[tokio::test]
async fn a_notice_is_sent_once_and_asked_for_well() {
    let server = speaking().await;
    let (chief, alice) =
        (server.register_administrator("root").await, server.register("alice").await);
    let path = format!("{SEND}/txn");
    let once = chief.put(&path, notice(&alice, "once")).await.ok();
    assert_eq!(chief.put(&path, notice(&alice, "once")).await.ok(), once);
    let room = asked_into(&alice).await;
    alice.joins(&room).await;
    assert_eq!(said(&alice, &room).await, ["once"]);

    let with = |field: &str, value: Value| {
        let mut notice = notice(&alice, "x");
        notice[field] = value;
        notice
    };
    let table = [
        (with("user_id", json!("nonsense")), 400, "M_INVALID_PARAM"),
        (with("user_id", json!("@nobody:chappe.example")), 404, "M_NOT_FOUND"),
        (with("content", json!({})), 400, "M_BAD_JSON"),
        (with("content", json!("text")), 400, "M_BAD_JSON"),
        (with("type", json!("m.room.name")), 400, "M_INVALID_PARAM"),
        (with("state_key", json!("")), 400, "M_INVALID_PARAM"),
        (json!({}), 400, "M_BAD_JSON"),
    ];
    for (body, status, errcode) in table {
        chief.post(SEND, body).await.refused(status, errcode);
    }
    chief.request(Method::POST, SEND, "").await.refused(400, "M_BAD_JSON");

    let silent = Server::start_with(ADMINISTRATION).await;
    let (chief, alice) =
        (silent.register_administrator("root").await, silent.register("alice").await);
    chief.post(SEND, notice(&alice, "x")).await.refused(400, "M_UNKNOWN");
}
