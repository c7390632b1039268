//! The sync of old, and its window into rooms that one is not in.

use serde_json::{Value, json};

use crate::harness::{Person, Server};
use crate::relations::{beside, ignores, relates, two_in_a_room};
use crate::rooms::at;

const EVENTS: &str = "/_matrix/client/v3/events";
const INITIAL: &str = "/_matrix/client/v3/initialSync";

async fn writes(person: &Person, room: &str, text: &str) -> String {
    let content = json!({ "msgtype": "m.text", "body": text });
    person.sends(room, "m.room.message", &format!("write-{text}"), content).await
}

/// A room that anybody may come into, and read from outside if `visibility` lets them.
async fn forum(person: &Person, visibility: &str) -> String {
    person
        .creates_room(json!({ "preset": "public_chat", "name": "Forum", "initial_state": [{
            "type": "m.room.history_visibility", "state_key": "",
            "content": { "history_visibility": visibility },
        }] }))
        .await
}

fn texts(events: &Value) -> Vec<&str> {
    let events = events.as_array().unwrap().iter();
    events.filter_map(|event| event["content"]["body"].as_str()).collect()
}

fn of_type<'a>(events: &'a Value, kind: &str) -> Vec<&'a Value> {
    events.as_array().unwrap().iter().filter(|event| event["type"] == kind).collect()
}

#[tokio::test]
async fn everything_is_told_to_a_client_that_begins() {
    let server = Server::start().await;
    let (alice, bob) = (server.register("alice").await, server.register("bob").await);
    let (room, left) = (forum(&alice, "shared").await, forum(&alice, "shared").await);
    let asked = alice.creates_room(json!({ "invite": [bob.user_id] })).await;
    for room in [&room, &left] {
        bob.joins(room).await;
    }
    bob.post(&at(&left, "leave"), json!({})).await.ok();
    for text in ["one", "two", "three"] {
        writes(&alice, &room, text).await;
    }
    let tag = format!("/_matrix/client/v3/user/{}/rooms/{room}/tags/m.favourite", bob.user_id);
    bob.put(&tag, json!({ "order": 0.5 })).await.ok();
    let told = bob.get(&format!("{INITIAL}?limit=2")).await.ok();
    let info = |told: &Value, id: &str| -> Value {
        let mut rooms = told["rooms"].as_array().unwrap().iter();
        rooms.find(|room| room["room_id"] == id).cloned().unwrap_or_default()
    };
    let joined = info(&told, &room);
    assert_eq!(joined["membership"], "join");
    assert_eq!(joined["visibility"], "private");
    assert_eq!(texts(&joined["messages"]["chunk"]), ["two", "three"]);
    assert_eq!(of_type(&joined["state"], "m.room.name")[0]["content"]["name"], "Forum");
    assert_eq!(of_type(&joined["account_data"], "m.tag").len(), 1);
    let invited = info(&told, &asked);
    assert_eq!(
        [&invited["membership"], &invited["invite"]["content"]["membership"]],
        ["invite"; 2]
    );
    assert_eq!(info(&told, &left), Value::Null);
    let told = bob.get(&format!("{INITIAL}?archived=true")).await.ok();
    assert_eq!(info(&told, &left)["membership"], "leave");
    let start = joined["messages"]["start"].as_str().unwrap();
    let before = bob.get(&at(&room, &format!("messages?dir=b&limit=1&from={start}"))).await.ok();
    assert_eq!(texts(&before["chunk"]), ["one"]);
}

/// Follows the stream until it tells an event of a type; that, and where the stream goes on.
async fn follows(person: &Person, from: &str, kind: &str) -> (Value, String) {
    let mut from = from.to_owned();
    loop {
        let part = person.get(&format!("{EVENTS}?from={from}&timeout=30000")).await.ok();
        assert_eq!(part["start"], from.as_str());
        part["end"].as_str().unwrap().clone_into(&mut from);
        if let Some(event) = of_type(&part["chunk"], kind).first() {
            return ((*event).clone(), from);
        }
    }
}

#[tokio::test]
async fn the_stream_tells_what_is_new_as_one_list() {
    let server = Server::start().await;
    let (alice, bob) = (server.register("alice").await, server.register("bob").await);
    let room = forum(&alice, "shared").await;
    bob.joins(&room).await;
    let end = bob.get(INITIAL).await.ok()["end"].as_str().unwrap().to_owned();
    let waiting = {
        let (bob, end) = (bob.clone(), end.clone());
        tokio::spawn(async move { follows(&bob, &end, "m.room.message").await })
    };
    let event = writes(&alice, &room, "hello").await;
    let (said, end) = waiting.await.unwrap();
    assert_eq!([&said["event_id"], &said["room_id"]], [&event, &room]);
    let typing = at(&room, &format!("typing/{}", alice.user_id));
    alice.put(&typing, json!({ "typing": true, "timeout": 30_000 })).await.ok();
    let (typing, end) = follows(&bob, &end, "m.typing").await;
    let typists = &typing["content"]["user_ids"];
    assert_eq!([&typing["room_id"], &typists[0]], [&room, &alice.user_id]);
    let asked = alice.creates_room(json!({ "invite": [bob.user_id] })).await;
    let (invitation, _) = follows(&bob, &end, "m.room.member").await;
    assert_eq!([&invitation["room_id"], &invitation["state_key"]], [&asked, &bob.user_id]);
}

#[tokio::test]
async fn the_stream_takes_no_message_to_a_device_away() {
    let server = Server::start().await;
    let (alice, bob) = (server.register("alice").await, server.register("bob").await);
    let end = bob.get(INITIAL).await.ok()["end"].as_str().unwrap().to_owned();
    let messages = json!({ "messages": { &bob.user_id: { "*": { "n": 1 } } } });
    alice.put("/_matrix/client/v3/sendToDevice/org.example/1", messages).await.ok();
    let end =
        bob.get(&format!("{EVENTS}?from={end}")).await.ok()["end"].as_str().unwrap().to_owned();
    let end =
        bob.get(&format!("{EVENTS}?from={end}")).await.ok()["end"].as_str().unwrap().to_owned();
    for since in [String::new(), format!("?since={end}")] {
        let sync = bob.syncs(&since).await;
        assert_eq!(sync["to_device"]["events"][0]["content"]["n"], 1, "{since}");
    }
}

#[tokio::test]
async fn an_event_is_found_by_its_id_by_who_may_see_it() {
    let server = Server::start().await;
    let (alice, bob) = (server.register("alice").await, server.register("bob").await);
    let room = forum(&alice, "joined").await;
    let before = writes(&alice, &room, "before").await;
    bob.joins(&room).await;
    let after = writes(&alice, &room, "after").await;
    let event = async |person: &Person, id: &str| person.get(&format!("{EVENTS}/{id}")).await;
    let found = event(&bob, &after).await.ok();
    assert_eq!([&found["content"]["body"], &found["room_id"]], ["after", room.as_str()]);
    let eve = server.register("eve").await;
    for (person, id) in [(&bob, before.as_str()), (&bob, "$unknown"), (&eve, after.as_str())] {
        event(person, id).await.refused(404, "M_NOT_FOUND");
    }
    event(&bob.careless(), "no-event").await.refused(400, "M_INVALID_PARAM");
}

#[tokio::test]
async fn a_room_that_everybody_may_read_is_looked_into_from_outside() {
    let server = Server::start().await;
    let (alice, eve) = (server.register("alice").await, server.register("eve").await);
    let room = forum(&alice, "world_readable").await;
    writes(&alice, &room, "open").await;
    let seen = eve.get(&at(&room, "initialSync")).await.ok();
    assert_eq!(texts(&seen["messages"]["chunk"]), ["open"]);
    assert_eq!(of_type(&seen["state"], "m.room.name")[0]["content"]["name"], "Forum");
    assert!(seen.get("membership").is_none());
    let from = seen["messages"]["end"].as_str().unwrap();
    let path = format!("{EVENTS}?room_id={room}&from={from}&timeout=30000");
    let waiting = {
        let (eve, path) = (eve.clone(), path.clone());
        tokio::spawn(async move { eve.get(&path).await.ok() })
    };
    writes(&alice, &room, "news").await;
    let part = waiting.await.unwrap();
    assert_eq!(texts(&part["chunk"]), ["news"]);
    let end = part["end"].as_str().unwrap();
    let nothing = eve.get(&format!("{EVENTS}?room_id={room}&from={end}")).await.ok();
    assert_eq!([&nothing["chunk"], &nothing["start"]], [&json!([]), &json!(end)]);
    // From the day on that it is closed, what is said is not theirs.
    let closed = json!({ "history_visibility": "joined" });
    alice.put(&at(&room, "state/m.room.history_visibility"), closed).await.ok();
    writes(&alice, &room, "private").await;
    let refused = eve.get(&format!("{EVENTS}?room_id={room}&from={end}")).await;
    refused.refused(403, "M_FORBIDDEN");
    eve.get(&at(&room, "initialSync")).await.refused(403, "M_FORBIDDEN");
}

#[tokio::test]
async fn a_window_into_a_room_shows_each_event_to_whom_it_may_be_shown() {
    let server = Server::start().await;
    let (alice, eve) = (server.register("alice").await, server.register("eve").await);
    let room = forum(&alice, "joined").await;
    writes(&alice, &room, "secret").await;
    let open = json!({ "history_visibility": "world_readable" });
    alice.put(&at(&room, "state/m.room.history_visibility"), open).await.ok();
    writes(&alice, &room, "open").await;
    let seen = eve.get(&at(&room, "initialSync")).await.ok();
    assert_eq!(texts(&seen["messages"]["chunk"]), ["open"]);
    let part = eve.get(&format!("{EVENTS}?room_id={room}&from=t0")).await.ok();
    assert_eq!(texts(&part["chunk"]), ["open"]);
}

#[tokio::test]
async fn what_ignored_people_wrote_is_nowhere_told() {
    let (_server, alice, bob, room) = two_in_a_room().await;
    let said = writes(&alice, &room, "mine").await;
    writes(&bob, &room, "theirs").await;
    relates(&bob, &room, ("m.thread", &said), "reply").await;
    ignores(&alice, &bob).await;
    let everything = alice.get(INITIAL).await.ok();
    let initial = alice.get(&at(&room, "initialSync")).await.ok();
    let window = alice.get(&format!("{EVENTS}?room_id={room}&from=t0")).await.ok();
    let page = alice.get(&at(&room, "messages?dir=b")).await.ok();
    let around = alice.get(&at(&room, &format!("context/{said}"))).await.ok();
    assert!(around.get("events_after").is_none(), "{around}");
    let lists = [&everything["rooms"][0]["messages"], &initial["messages"], &window, &page];
    for events in lists.map(|list| &list["chunk"]) {
        assert_eq!(texts(events), ["mine"]);
        assert_eq!(beside(events, &said), Value::Null);
    }
    let event = alice.get(&format!("{EVENTS}/{said}")).await.ok();
    assert_eq!(event["unsigned"]["m.relations"], Value::Null);
}

#[tokio::test]
async fn who_left_sees_the_room_as_it_was() {
    let server = Server::start().await;
    let (alice, bob) = (server.register("alice").await, server.register("bob").await);
    let room = forum(&alice, "shared").await;
    bob.joins(&room).await;
    writes(&alice, &room, "before").await;
    bob.post(&at(&room, "leave"), json!({})).await.ok();
    writes(&alice, &room, "after").await;
    alice.put(&at(&room, "state/m.room.name"), json!({ "name": "Renamed" })).await.ok();
    let seen = bob.get(&at(&room, "initialSync")).await.ok();
    assert_eq!(seen["membership"], "leave");
    assert_eq!(texts(&seen["messages"]["chunk"]), ["before"]);
    assert_eq!(of_type(&seen["state"], "m.room.name")[0]["content"]["name"], "Forum");
}

#[tokio::test]
async fn what_is_no_token_of_the_stream_is_refused() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    let room = forum(&alice, "shared").await;
    let careless = alice.careless();
    for query in ["from=x", "from=t5", "timeout=soon", "room_id=x", "from="] {
        careless.get(&format!("{EVENTS}?{query}")).await.refused(400, "M_INVALID_PARAM");
    }
    let odd = careless.get(&format!("{EVENTS}?room_id={room}&from=x")).await;
    odd.refused(400, "M_INVALID_PARAM");
    careless.get(&format!("{INITIAL}?limit=-1")).await.refused(400, "M_INVALID_PARAM");
    for path in [EVENTS, INITIAL, "/_matrix/client/v3/events/$x", &at(&room, "initialSync")] {
        server.http.get(path).await.refused(401, "M_MISSING_TOKEN");
    }
}
