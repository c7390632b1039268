//! Sliding sync over HTTP, in both of its forms.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use ruma_client_api::sync::sync_events::v5::response;
use ruma_common::OwnedRoomId;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::harness::{Answer, Person, Server};
use crate::keys::Keys;

const ACCEPTED: &str = "/_matrix/client/v4/sync";
const DEPLOYED: &str = "/_matrix/client/unstable/org.matrix.simplified_msc3575/sync";

/// An answer, by the types of ruma's client.
#[derive(Deserialize)]
struct Read {
    pos: String,
    txn_id: Option<String>,
    lists: BTreeMap<String, response::List>,
    rooms: BTreeMap<OwnedRoomId, response::Room>,
    extensions: response::Extensions,
}

/// A client that slides, in the deployed form, as clients do that are built on ruma.
struct Client {
    person: Person,
    pos: Option<String>,
    asks: Value,
}

impl Client {
    fn of(person: &Person, asks: Value) -> Self {
        Self { person: person.clone(), pos: None, asks }
    }

    /// A client with one list of all rooms, and all extensions.
    fn of_all(person: &Person) -> Self {
        let on = json!({ "enabled": true });
        let list = json!({
            "ranges": [[0, 19]], "timeline_limit": 5,
            "required_state": [["m.room.name", ""], ["m.room.member", "$LAZY"]],
        });
        Self::of(
            person,
            json!({
                "conn_id": "main", "lists": { "all": list },
                "extensions": {
                    "to_device": on, "e2ee": on, "account_data": on, "receipts": on, "typing": on,
                },
            }),
        )
    }

    async fn tries(&self, timeout: u32) -> Answer {
        let pos = self.pos.as_ref().map(|pos| format!("&pos={pos}")).unwrap_or_default();
        self.person.post(&format!("{DEPLOYED}?timeout={timeout}{pos}"), self.asks.clone()).await
    }

    async fn waits(&mut self, timeout: u32) -> (Value, Read) {
        let answer = self.tries(timeout).await.ok();
        let read: Read = serde_json::from_value(answer.clone()).expect("ruma reads the answer");
        self.pos = Some(read.pos.clone());
        if let Some(to_device) = &read.extensions.to_device {
            self.asks["extensions"]["to_device"]["since"] = json!(to_device.next_batch);
        }
        (answer, read)
    }

    /// What is new, taken over.
    async fn slides(&mut self) -> Value {
        self.waits(0).await.0
    }
}

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

/// Texts of messages of a room that are told.
fn said<'a>(answer: &'a Value, room: &str) -> Vec<&'a str> {
    let events = answer["rooms"][room]["timeline"].as_array().into_iter().flatten();
    events.filter_map(|event| event["content"]["body"].as_str()).collect()
}

fn is_silent(answer: &Value) -> bool {
    let beside = answer["extensions"].as_object().expect("extensions");
    let quiet = |(name, value): (&String, &Value)| name == "to_device" && value["events"].is_null();
    answer["rooms"] == json!({}) && beside.iter().all(quiet)
}

#[tokio::test]
async fn sliding_sync_is_announced_and_asks_for_a_token() {
    let server = Server::start().await;
    let versions = server.http.get("/_matrix/client/versions").await.ok();
    for feature in ["org.matrix.simplified_msc3575", "org.matrix.msc4186.stable"] {
        assert_eq!(versions["unstable_features"][feature], true);
    }
    for path in [ACCEPTED, DEPLOYED] {
        server.http.post(path, json!({})).await.refused(401, "M_MISSING_TOKEN");
    }
}

#[tokio::test]
async fn a_client_as_deployed_reads_its_first_rooms_and_then_what_is_new() {
    let server = Server::start().await;
    let (alice, bob, room) = two_in_a_room(&server).await;
    writes(&bob, &room, "hello").await;
    let mut client = Client::of_all(&alice);
    client.asks["txn_id"] = json!("first");
    let (answer, read) = client.waits(0).await;
    assert_eq!(read.txn_id.as_deref(), Some("first"));
    assert_eq!(read.lists["all"].count, 1_u8.into());
    let told = read.rooms.values().next().unwrap();
    assert_eq!((told.name.as_deref(), told.initial), (Some("Square"), Some(true)));
    assert_eq!((told.joined_count, told.invited_count), (Some(2_u8.into()), Some(0_u8.into())));
    assert_eq!(told.unread_notifications.notification_count, Some(1_u8.into()));
    assert!(told.limited && told.prev_batch.is_some() && told.bump_stamp.is_some());
    assert!(said(&answer, &room).contains(&"hello"));
    assert!(read.extensions.to_device.is_some());
    assert!(!read.extensions.e2ee.device_one_time_keys_count.is_empty());
    assert!(!read.extensions.account_data.global.is_empty());
    assert!(is_silent(&client.slides().await));

    writes(&bob, &room, "again").await;
    let (answer, read) = client.waits(0).await;
    assert_eq!(said(&answer, &room), ["again"]);
    assert_eq!(read.rooms.values().next().unwrap().num_live, Some(1_u8.into()));
}

#[tokio::test]
async fn the_accepted_form_says_everything_in_the_body() {
    let server = Server::start().await;
    let (alice, bob, room) = two_in_a_room(&server).await;
    writes(&bob, &room, "hello").await;
    let name = json!({ "type": "m.room.name", "state_key": "" });
    let mut asks = json!({
        "lists": { "all": {
            "range": [0, 9], "timeline_limit": 1,
            "required_state": { "include": [{}], "exclude": [name], "lazy_members": true },
            "filters": { "is_invited": false },
        } },
    });
    let first = alice.post(ACCEPTED, asks.clone()).await.ok();
    let told = &first["rooms"][&room];
    assert_eq!((&told["membership"], &told["lists"]), (&json!("join"), &json!(["all"])));
    assert_eq!((&told["name"], said(&first, &room)), (&json!("Square"), vec!["hello"]));
    let state: Vec<_> = told["required_state"].as_array().unwrap().iter().collect();
    let of = |kind: &str| state.iter().filter(|event| event["type"] == kind).count();
    assert_eq!((of("m.room.create"), of("m.room.name"), of("m.room.member")), (1, 0, 1));

    asks["pos"] = first["pos"].clone();
    asks["timeout"] = json!(30_000);
    let waiting = {
        let (alice, asks) = (alice.clone(), asks.clone());
        tokio::spawn(async move { alice.post(ACCEPTED, asks).await.ok() })
    };
    writes(&bob, &room, "new").await;
    let next = waiting.await.unwrap();
    assert_eq!(said(&next, &room), ["new"]);
    // The position pages through the history as the token of a sync does.
    let pos = first["pos"].as_str().unwrap();
    let path = format!("/_matrix/client/v3/rooms/{room}/messages?dir=b&limit=1&from={pos}");
    let page = alice.get(&path).await.ok();
    assert_eq!(page["chunk"][0]["content"]["body"], "hello");
}

#[tokio::test]
async fn a_sync_with_nothing_new_waits_as_long_as_asked() {
    let server = Server::start().await;
    let (alice, ..) = two_in_a_room(&server).await;
    let mut client = Client::of_all(&alice);
    client.slides().await;
    let began = Instant::now();
    assert!(is_silent(&client.waits(300).await.0));
    assert!(began.elapsed() >= Duration::from_millis(300));
}

#[tokio::test]
async fn an_answer_that_was_lost_is_given_again() {
    let server = Server::start().await;
    let (alice, bob, room) = two_in_a_room(&server).await;
    let mut client = Client::of_all(&alice);
    client.slides().await;
    writes(&bob, &room, "one").await;
    let lost = client.tries(0).await.ok();
    writes(&bob, &room, "two").await;
    assert_eq!(client.slides().await, lost);
    assert_eq!(said(&client.slides().await, &room), ["two"]);
}

#[tokio::test]
async fn a_client_that_goes_away_while_it_waits_misses_nothing() {
    let server = Server::start().await;
    let (alice, bob, room) = two_in_a_room(&server).await;
    let mut client = Client::of_all(&alice);
    client.slides().await;
    let waiting = tokio::time::timeout(Duration::from_millis(50), client.tries(30_000));
    assert!(waiting.await.is_err());
    writes(&bob, &room, "hello").await;
    assert_eq!(said(&client.slides().await, &room), ["hello"]);
}

#[tokio::test]
async fn positions_that_are_not_known_are_refused() {
    let server = Server::start().await;
    let (alice, bob, _) = two_in_a_room(&server).await;
    let mut client = Client::of_all(&alice);
    client.slides().await;
    let stolen =
        Client { person: bob, ..Client { pos: client.pos.clone(), ..Client::of_all(&alice) } };
    stolen.tries(0).await.refused(400, "M_UNKNOWN_POS");
    let old = client.pos.clone();
    client.slides().await;
    client.slides().await;
    for pos in [old, Some("s1".to_owned()), Some("x".to_owned()), Some(String::new())] {
        let client = Client { pos, ..Client::of_all(&alice) };
        client.tries(0).await.refused(400, "M_UNKNOWN_POS");
    }
}

#[tokio::test]
async fn bad_questions_are_refused_each_with_its_error() {
    let server = Server::start().await;
    let (alice, ..) = two_in_a_room(&server).await;
    let list = |list: Value| json!({ "lists": { "a": list } });
    let many = |count: usize| -> Value {
        let one = json!({ "timeline_limit": 1, "required_state": {} });
        (0..count).map(|no| (format!("l{no}"), one.clone())).collect()
    };
    let long = "x".repeat(256);
    let accepted = [
        (json!({ "lists": many(101) }), "M_INVALID_PARAM"),
        (
            json!({ "lists": { "a b": { "timeline_limit": 1, "required_state": {} } } }),
            "M_INVALID_PARAM",
        ),
        (
            list(json!({ "timeline_limit": 1, "required_state": {}, "range": [3, 1] })),
            "M_INVALID_PARAM",
        ),
        (list(json!({ "timeline_limit": 1, "required_state": {}, "range": [3] })), "M_BAD_JSON"),
        (list(json!({ "timeline_limit": -1, "required_state": {} })), "M_BAD_JSON"),
        (list(json!({ "timeline_limit": 1, "required_state": [["a", "b"]] })), "M_BAD_JSON"),
        (list(json!({ "required_state": {} })), "M_BAD_JSON"),
        (json!({ "lists": [] }), "M_BAD_JSON"),
        (json!({ "conn_id": long }), "M_INVALID_PARAM"),
        (json!({ "set_presence": "asleep" }), "M_INVALID_PARAM"),
        (json!({ "room_subscriptions": { "no room": {} } }), "M_BAD_JSON"),
        (json!({ "timeout": "soon" }), "M_BAD_JSON"),
        (json!({ "pos": 5 }), "M_BAD_JSON"),
    ];
    for (asks, errcode) in accepted {
        alice.post(ACCEPTED, asks).await.refused(400, errcode);
    }
}

#[tokio::test]
async fn bad_questions_of_the_deployed_form_are_refused_each_with_its_error() {
    let server = Server::start().await;
    let (alice, ..) = two_in_a_room(&server).await;
    let list = |list: Value| json!({ "lists": { "a": list } });
    let pairs: Vec<_> = (0..300).map(|no| json!(["m.room.name", no.to_string()])).collect();
    let to_device = |since: &str| json!({ "to_device": { "enabled": true, "since": since } });
    let deployed = [
        (
            list(json!({ "ranges": [[0, 1]], "timeline_limit": 1, "required_state": pairs })),
            "M_INVALID_PARAM",
        ),
        (list(json!({ "ranges": [[0, 1]], "required_state": [] })), "M_BAD_JSON"),
        (list(json!({ "ranges": [[0, -1]], "timeline_limit": 1 })), "M_BAD_JSON"),
        (
            list(
                json!({ "ranges": [[0, 1]], "timeline_limit": 1, "required_state": ["m.room.name"] }),
            ),
            "M_BAD_JSON",
        ),
        (json!({ "extensions": to_device("yesterday") }), "M_INVALID_PARAM"),
        (json!({ "extensions": { "typing": 5 } }), "M_BAD_JSON"),
    ];
    for (asks, errcode) in deployed {
        alice.post(DEPLOYED, asks).await.refused(400, errcode);
    }
    for query in ["timeout=-1", "timeout=soon", "set_presence=asleep"] {
        alice.post(&format!("{DEPLOYED}?{query}"), json!({})).await.refused(400, "M_INVALID_PARAM");
    }
    for path in [ACCEPTED, DEPLOYED] {
        alice.get(path).await.refused(405, "M_UNRECOGNIZED");
        let odd = alice.request(http::Method::POST, path, "[").await;
        odd.refused(400, "M_NOT_JSON");
        alice.request(http::Method::POST, path, "").await.ok();
    }
}

#[tokio::test]
async fn messages_to_a_device_are_given_until_it_says_that_it_has_them() {
    let server = Server::start().await;
    let (alice, bob, _) = two_in_a_room(&server).await;
    let asks = json!({
        "conn_id": "encryption",
        "extensions": { "to_device": { "enabled": true, "limit": 1 }, "e2ee": { "enabled": true } },
    });
    let mut client = Client::of(&alice, asks.clone());
    client.slides().await;
    for no in 1..=2 {
        let path = format!("/_matrix/client/v3/sendToDevice/org.example.note/{no}");
        let content = json!({ "no": no });
        let messages = json!({ "messages": { (&alice.user_id): { (&alice.device_id): content } } });
        bob.put(&path, messages).await.ok();
    }
    let numbers = |answer: &Value| -> Vec<u64> {
        let events = answer["extensions"]["to_device"]["events"].as_array();
        let events = events.into_iter().flatten();
        events.map(|event| event["content"]["no"].as_u64().unwrap()).collect()
    };
    let first = client.waits(30_000).await.0;
    assert_eq!(numbers(&first), [1]);
    // A connection that begins anew with what it had is given the second, not the first.
    let mut anew = Client::of(&alice, client.asks.clone());
    assert_eq!(numbers(&anew.slides().await), [2]);
    // Without a word of what it had, nothing is removed.
    let mut ignorant = Client::of(&alice, asks);
    ignorant.asks["conn_id"] = json!("ignorant");
    assert_eq!(numbers(&ignorant.slides().await), [2]);
    assert_eq!(numbers(&anew.waits(0).await.0), [0_u64; 0]);
    let mut late = Client::of(&alice, anew.asks.clone());
    late.asks["extensions"]["to_device"].as_object_mut().unwrap().remove("since");
    assert_eq!(numbers(&late.slides().await), [0_u64; 0]);
}

#[tokio::test]
async fn keys_that_are_used_up_are_told_and_nothing_of_keys_otherwise() {
    let server = Server::start().await;
    let (alice, bob, room) = two_in_a_room(&server).await;
    let keys = Keys::of(&alice);
    let upload = json!({
        "one_time_keys": { "signed_curve25519:AAAA": keys.one_time_key(1) },
        "fallback_keys": { "signed_curve25519:FALL": keys.one_time_key(2) },
    });
    alice.post("/_matrix/client/v3/keys/upload", upload).await.ok();
    let mut client = Client::of_all(&alice);
    let told = client.slides().await["extensions"]["e2ee"].clone();
    assert_eq!(told["device_one_time_keys_count"]["signed_curve25519"], 1);
    assert_eq!(told["device_unused_fallback_key_types"], json!(["signed_curve25519"]));
    writes(&bob, &room, "hello").await;
    assert!(client.slides().await["extensions"]["e2ee"].is_null());

    let wanted = json!({ (&alice.user_id): { (&alice.device_id): "signed_curve25519" } });
    for _ in 0..2 {
        let claim = json!({ "one_time_keys": wanted });
        bob.post("/_matrix/client/v3/keys/claim", claim).await.ok();
    }
    let (answer, read) = client.waits(30_000).await;
    assert_eq!(answer["extensions"]["e2ee"]["device_one_time_keys_count"]["signed_curve25519"], 0);
    assert_eq!(read.extensions.e2ee.device_unused_fallback_key_types, Some(Vec::new()));
}

#[tokio::test]
async fn an_invitation_a_kick_and_a_departure_are_told_at_once() {
    let server = Server::start().await;
    let (alice, bob, room) = two_in_a_room(&server).await;
    let mut client = Client::of_all(&bob);
    client.slides().await;
    let private = alice.creates_room(json!({ "invite": [bob.user_id] })).await;
    let (answer, read) = client.waits(30_000).await;
    let asked: OwnedRoomId = private.as_str().try_into().unwrap();
    assert!(read.rooms[&asked].invite_state.as_ref().is_some_and(|state| !state.is_empty()));
    assert!(answer["rooms"][&private]["timeline"].is_null());
    bob.joins(&private).await;
    assert_eq!(client.waits(30_000).await.0["rooms"][&private]["initial"], true);

    let kick = json!({ "user_id": bob.user_id });
    alice.post(&format!("/_matrix/client/v3/rooms/{room}/kick"), kick).await.ok();
    writes(&alice, &room, "behind-doors").await;
    let (answer, _) = client.waits(30_000).await;
    let events = answer["rooms"][&room]["timeline"].as_array().unwrap();
    assert_eq!(events.last().unwrap()["content"]["membership"], "leave");
    assert!(said(&answer, &room).is_empty());
    bob.post(&format!("/_matrix/client/v3/rooms/{private}/leave"), json!({})).await.ok();
    let (answer, _) = client.waits(30_000).await;
    let events = answer["rooms"][&private]["timeline"].as_array().unwrap();
    assert_eq!(events.last().unwrap()["content"]["membership"], "leave");
}

#[tokio::test]
async fn typing_receipts_and_data_of_a_room_are_told_as_they_move() {
    let server = Server::start().await;
    let (alice, bob, room) = two_in_a_room(&server).await;
    let event = writes(&alice, &room, "hello").await;
    let mut client = Client::of_all(&alice);
    client.slides().await;
    let typing = format!("/_matrix/client/v3/rooms/{room}/typing/{}", bob.user_id);
    bob.put(&typing, json!({ "typing": true, "timeout": 20_000 })).await.ok();
    let (answer, read) = client.waits(30_000).await;
    assert_eq!(read.extensions.typing.rooms.len(), 1);
    let told = &answer["extensions"]["typing"]["rooms"][&room]["content"]["user_ids"];
    assert_eq!(*told, json!([bob.user_id]));

    let receipt = format!("/_matrix/client/v3/rooms/{room}/receipt/m.read/{event}");
    bob.post(&receipt, json!({})).await.ok();
    let (answer, read) = client.waits(30_000).await;
    assert_eq!(read.extensions.receipts.rooms.len(), 1);
    let told = &answer["extensions"]["receipts"]["rooms"][&room]["content"];
    assert!(told[&event]["m.read"][&bob.user_id].is_object());

    let own = format!("/_matrix/client/v3/user/{}", alice.user_id);
    let tag = format!("{own}/rooms/{room}/tags/m.favourite");
    alice.put(&tag, json!({ "order": 0.5 })).await.ok();
    let (answer, read) = client.waits(30_000).await;
    assert_eq!(read.extensions.account_data.rooms.len(), 1);
    assert_eq!(answer["extensions"]["account_data"]["rooms"][&room][0]["type"], "m.tag");
    let direct = json!({ (&bob.user_id): [room] });
    alice.put(&format!("{own}/account_data/m.direct"), direct).await.ok();
    let (answer, _) = client.waits(30_000).await;
    assert_eq!(answer["rooms"][&room]["is_dm"], true);
    assert_eq!(answer["extensions"]["account_data"]["global"][0]["type"], "m.direct");
}

#[tokio::test]
async fn only_the_device_that_sent_an_event_is_told_its_transaction() {
    let server = Server::start().await;
    let (alice, _, room) = two_in_a_room(&server).await;
    let other = server.sign_in("alice").await;
    let mut clients = [Client::of_all(&alice), Client::of_all(&other)];
    for client in &mut clients {
        client.slides().await;
    }
    writes(&alice, &room, "mine").await;
    for (client, expected) in clients.iter_mut().zip([json!("write-mine"), Value::Null]) {
        let answer = client.slides().await;
        let event = &answer["rooms"][&room]["timeline"][0];
        assert_eq!(event["unsigned"]["transaction_id"], expected);
    }
}

#[tokio::test]
async fn a_session_that_ends_while_it_waits_is_told_nothing() {
    let server = Server::start().await;
    let (alice, _, room) = two_in_a_room(&server).await;
    let other = server.sign_in("alice").await;
    let mut client = Client::of_all(&other);
    client.slides().await;
    let waiting = tokio::spawn(async move { client.tries(30_000).await });
    tokio::time::sleep(Duration::from_millis(100)).await;
    other.post("/_matrix/client/v3/logout", json!({})).await.ok();
    writes(&alice, &room, "secret").await;
    waiting.await.unwrap().refused(401, "M_UNKNOWN_TOKEN");
}
