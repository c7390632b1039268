//! Search in rooms that are not encrypted: every parameter, every refusal, and the command that
//! makes the index anew.

use serde_json::{Value, json};

use crate::harness::{Answer, Person, Server};
use crate::rooms::at;

const SEARCH: &str = "/_matrix/client/v3/search";

/// Alice's forum, in which Bob is, too.
async fn forum() -> (Server, Person, Person, String) {
    let server = Server::start().await;
    let (alice, bob) = (server.register("alice").await, server.register("bob").await);
    let room = alice.creates_room(json!({ "preset": "public_chat" })).await;
    bob.joins(&room).await;
    (server, alice, bob, room)
}

async fn writes(person: &Person, room: &str, text: &str) -> String {
    let content = json!({ "msgtype": "m.text", "body": text });
    let transaction: Vec<_> = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    person.sends(room, "m.room.message", &transaction.concat(), content).await
}

async fn asks(person: &Person, criteria: Value) -> Answer {
    let criteria = json!({ "search_categories": { "room_events": criteria } });
    person.post(SEARCH, criteria).await
}

/// What is found.
async fn finds(person: &Person, criteria: Value) -> Value {
    asks(person, criteria).await.ok()["search_categories"]["room_events"].clone()
}

fn bodies(found: &Value) -> Vec<String> {
    let results = found["results"].as_array().cloned().unwrap_or_default();
    let body = |result: &Value| result["result"]["content"]["body"].as_str().map(str::to_owned);
    results.iter().filter_map(body).collect()
}

#[tokio::test]
async fn what_was_just_said_is_found_with_all_that_belongs_to_it() {
    let (_server, alice, bob, room) = forum().await;
    let id = writes(&alice, &room, "Les réunions du conseil municipal").await;
    writes(&alice, &room, "sans rapport").await;
    let found = finds(&bob, json!({ "search_term": "reunion" })).await;
    assert_eq!(found["count"], 1);
    assert_eq!(found["highlights"], json!(["réunions"]));
    let [result] = found["results"].as_array().unwrap().as_slice() else { panic!("{found}") };
    assert!(result["rank"].as_f64().unwrap() > 0.0);
    assert_eq!(result["result"]["event_id"], id.as_str());
    assert_eq!(result["result"]["room_id"], room.as_str());
    assert_eq!(result["result"]["sender"], alice.user_id.as_str());
    assert!(result["result"]["unsigned"]["age"].is_u64());
    assert!(result.get("context").is_none(), "no context unless asked for");
    for absent in ["state", "groups", "next_batch"] {
        assert!(found.get(absent).is_none(), "{absent}");
    }
    let old = alice.post("/_matrix/client/r0/search", json!({ "search_categories": {} })).await;
    assert_eq!(old.ok()["search_categories"], json!({}));
}

#[tokio::test]
async fn an_edit_is_found_as_the_message_that_it_changes() {
    let (_server, alice, bob, room) = forum().await;
    let id = writes(&alice, &room, "rendez-vous mardi").await;
    let edit = json!({
        "msgtype": "m.text", "body": "* rendez-vous jeudi",
        "m.new_content": { "msgtype": "m.text", "body": "rendez-vous jeudi" },
        "m.relates_to": { "rel_type": "m.replace", "event_id": id },
    });
    alice.sends(&room, "m.room.message", "edit", edit).await;
    assert_eq!(finds(&bob, json!({ "search_term": "mardi" })).await["count"], 0);
    let found = finds(&bob, json!({ "search_term": "jeudi" })).await;
    let event = &found["results"][0]["result"];
    assert_eq!(event["event_id"], id.as_str());
    let replaced = &event["unsigned"]["m.relations"]["m.replace"];
    assert_eq!(replaced["content"]["m.new_content"]["body"], "rendez-vous jeudi");
    assert_eq!(found["highlights"], json!(["jeudi"]));
    alice.put(&at(&room, &format!("redact/{id}/gone")), json!({})).await.ok();
    assert_eq!(finds(&bob, json!({ "search_term": "rendez" })).await["count"], 0);
}

#[tokio::test]
async fn keys_order_and_filters_choose_what_is_found() {
    let (_server, alice, bob, room) = forum().await;
    let other = alice.creates_room(json!({ "preset": "public_chat", "name": "plan name" })).await;
    bob.joins(&other).await;
    alice.put(&at(&room, "state/m.room.topic"), json!({ "topic": "plan topic" })).await.ok();
    writes(&alice, &room, "plan plan A").await;
    writes(&bob, &other, "plan B et bien d'autres choses encore").await;
    let file = json!({ "msgtype": "m.file", "body": "plan F", "url": "mxc://chappe.example/f" });
    let last = alice.sends(&other, "m.room.message", "f", file).await;
    let (a, b, f) = ("plan plan A", "plan B et bien d'autres choses encore", "plan F");
    let table = [
        (json!({ "order_by": "recent" }), vec![f, b, a]),
        (json!({ "order_by": "rank" }), vec![a, f, b]),
        (json!({}), vec![a, f, b]),
        (json!({ "keys": ["content.body"], "order_by": "recent" }), vec![f, b, a]),
        (json!({ "filter": { "rooms": [room] } }), vec![a]),
        (json!({ "filter": { "not_rooms": [room] } }), vec![f, b]),
        (json!({ "filter": { "rooms": [] } }), vec![]),
        (json!({ "filter": { "senders": [bob.user_id] } }), vec![b]),
        (json!({ "filter": { "not_senders": [alice.user_id] } }), vec![b]),
        (json!({ "filter": { "types": ["m.room.message"], "contains_url": true } }), vec![f]),
        (json!({ "filter": { "contains_url": false } }), vec![a, b]),
        (json!({ "filter": { "not_types": ["m.room.*"] } }), vec![]),
        (json!({ "filter": { "limit": 1 } }), vec![a]),
        (json!({ "filter": { "limit": 0 } }), vec![]),
    ];
    for (criteria, expected) in table {
        let mut asked = json!({ "search_term": "plan" });
        asked.as_object_mut().unwrap().extend(criteria.as_object().unwrap().clone());
        assert_eq!(bodies(&finds(&bob, asked).await), expected, "{criteria}");
    }
    for (key, kind) in [("content.name", "m.room.name"), ("content.topic", "m.room.topic")] {
        let found = finds(&bob, json!({ "search_term": "plan", "keys": [key] })).await;
        assert_eq!(found["count"], 1, "{key}");
        assert_eq!(found["results"][0]["result"]["type"], kind);
    }
    let last = bob.get(&at(&other, &format!("event/{last}"))).await.ok();
    let sent = last["origin_server_ts"].as_u64().unwrap();
    for (from, to, expected) in [(0, sent + 1, 5), (sent + 1, u64::from(u32::MAX) << 10, 0)] {
        let filter = json!({ "org.chappe.from_ts": from, "org.chappe.to_ts": to });
        let found = finds(&bob, json!({ "search_term": "plan", "filter": filter })).await;
        assert_eq!(found["count"], expected, "{from} to {to}");
    }
}

#[tokio::test]
async fn the_events_around_and_the_people_in_them_come_when_asked_for() {
    let (_server, alice, bob, room) = forum().await;
    let name = json!({ "displayname": "Alice Dupont" });
    let profile = format!("/_matrix/client/v3/profile/{}/displayname", alice.user_id);
    alice.put(&profile, name).await.ok();
    for number in 0..4 {
        writes(&bob, &room, &format!("avant {number}")).await;
    }
    writes(&alice, &room, "aiguille").await;
    for number in 0..4 {
        writes(&bob, &room, &format!("ensuite {number}")).await;
    }
    let context = json!({ "before_limit": 2, "after_limit": 3, "include_profile": true });
    let found = finds(&bob, json!({ "search_term": "aiguille", "event_context": context })).await;
    let context = &found["results"][0]["context"];
    let texts = |key: &str| {
        let events = context[key].as_array().unwrap().iter();
        events.map(|event| event["content"]["body"].as_str().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(texts("events_before"), ["avant 3", "avant 2"]);
    assert_eq!(texts("events_after"), ["ensuite 0", "ensuite 1", "ensuite 2"]);
    assert_eq!(context["profile_info"][&alice.user_id]["displayname"], "Alice Dupont");
    assert!(context["profile_info"].get(&bob.user_id).is_some());
    let (start, end) = (context["start"].as_str().unwrap(), context["end"].as_str().unwrap());
    let before = bob.get(&at(&room, &format!("messages?dir=b&limit=1&from={start}"))).await.ok();
    assert_eq!(before["chunk"][0]["content"]["body"], "avant 1");
    let after = bob.get(&at(&room, &format!("messages?dir=f&limit=1&from={end}"))).await.ok();
    assert_eq!(after["chunk"][0]["content"]["body"], "ensuite 3");

    let usual = finds(&bob, json!({ "search_term": "aiguille", "event_context": {} })).await;
    let context = &usual["results"][0]["context"];
    assert_eq!(context["events_after"].as_array().unwrap().len(), 4);
    assert_eq!(context["events_before"].as_array().unwrap().len(), 5);
    assert!(context.get("profile_info").is_none());
    let none = json!({ "before_limit": 0, "after_limit": 0 });
    let none = finds(&bob, json!({ "search_term": "aiguille", "event_context": none })).await;
    assert!(none["results"][0]["context"].get("events_before").is_none());
    let much = json!({ "before_limit": 1_000_000, "after_limit": 1_000_000 });
    finds(&bob, json!({ "search_term": "aiguille", "event_context": much })).await;
}

#[tokio::test]
async fn the_state_of_the_rooms_comes_when_asked_for() {
    let (_server, alice, bob, room) = forum().await;
    writes(&alice, &room, "état").await;
    alice.post(&at(&room, "leave"), json!({})).await.ok();
    bob.put(&at(&room, "state/m.room.member/x"), json!({})).await.refused(403, "M_FORBIDDEN");
    let asked = json!({ "search_term": "état", "include_state": true });
    for person in [&alice, &bob] {
        let found = finds(person, asked.clone()).await;
        let state = found["state"][&room].as_array().unwrap();
        assert!(state.iter().any(|event| event["type"] == "m.room.create"));
        assert!(state.iter().all(|event| event.get("state_key").is_some()));
    }
}

#[tokio::test]
async fn groups_hold_events_in_order_and_pages_of_their_own() {
    let (_server, alice, bob, room) = forum().await;
    let other = alice.creates_room(json!({ "preset": "public_chat" })).await;
    bob.joins(&other).await;
    let mut ids = Vec::new();
    for number in 0..6 {
        let (who, place) = (if number < 4 { &alice } else { &bob }, [&room, &other][number % 2]);
        ids.push(writes(who, place, &format!("groupe {number}")).await);
    }
    let by = json!([{ "key": "room_id" }, { "key": "sender" }]);
    let asked = json!({
        "search_term": "groupe", "order_by": "recent", "filter": { "limit": 3 },
        "groupings": { "group_by": by },
    });
    let found = finds(&bob, asked.clone()).await;
    assert_eq!(bodies(&found), ["groupe 5", "groupe 4", "groupe 3"]);
    let (rooms, senders) = (&found["groups"]["room_id"], &found["groups"]["sender"]);
    assert_eq!(rooms[&other]["results"], json!([ids[5], ids[3]]));
    assert_eq!(rooms[&room]["results"], json!([ids[4]]));
    assert_eq!((&rooms[&other]["order"], &rooms[&room]["order"]), (&json!(0), &json!(1)));
    assert_eq!(senders[&bob.user_id]["results"], json!([ids[5], ids[4]]));
    assert!(senders[&bob.user_id].get("next_batch").is_none(), "bob said no more");

    let next = async |token: &Value| {
        let path = format!("{SEARCH}?next_batch={}", token.as_str().unwrap());
        let criteria = json!({ "search_categories": { "room_events": asked } });
        bob.post(&path, criteria).await.ok()["search_categories"]["room_events"].clone()
    };
    assert_eq!(bodies(&next(&found["next_batch"]).await), ["groupe 2", "groupe 1", "groupe 0"]);
    assert_eq!(bodies(&next(&rooms[&other]["next_batch"]).await), ["groupe 1"]);
    let of_alice = next(&senders[&alice.user_id]["next_batch"]).await;
    assert_eq!(bodies(&of_alice), ["groupe 2", "groupe 1", "groupe 0"]);
    assert!(of_alice.get("next_batch").is_none());
}

#[tokio::test]
async fn nobody_finds_what_they_may_not_see_or_do_not_want_to() {
    let (server, alice, bob, room) = forum().await;
    let carol = server.register("carol").await;
    writes(&alice, &room, "discret un").await;
    assert_eq!(finds(&carol, json!({ "search_term": "discret" })).await["count"], 0);
    let private = alice.creates_room(json!({ "preset": "private_chat" })).await;
    alice.says(&private, "discret").await;
    assert_eq!(bodies(&finds(&alice, json!({ "search_term": "discret" })).await), ["discret un"]);
    bob.post(&at(&room, "leave"), json!({})).await.ok();
    writes(&alice, &room, "discret deux").await;
    assert_eq!(bodies(&finds(&bob, json!({ "search_term": "discret" })).await), ["discret un"]);
    carol.joins(&room).await;
    let ignored = json!({ "ignored_users": { alice.user_id.as_str(): {} } });
    let path = |who: &Person| {
        format!("/_matrix/client/v3/user/{}/account_data/m.ignored_user_list", who.user_id)
    };
    assert_eq!(finds(&carol, json!({ "search_term": "discret" })).await["count"], 2);
    carol.put(&path(&carol), ignored.clone()).await.ok();
    assert_eq!(finds(&carol, json!({ "search_term": "discret" })).await["count"], 0);
    alice.put(&path(&alice), ignored).await.ok();
    assert_eq!(finds(&alice, json!({ "search_term": "discret" })).await["count"], 2, "of oneself");
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused() {
    let (server, alice, _bob, room) = forum().await;
    writes(&alice, &room, "quelque chose").await;
    let invalid = [
        json!({ "search_term": "x", "keys": ["content.unknown"] }),
        json!({ "search_term": "x", "order_by": "sideways" }),
        json!({ "search_term": "x", "groupings": { "group_by": [{ "key": "moon" }] } }),
        json!({ "search_term": "x", "groupings": { "group_by": [{}] } }),
        json!({ "search_term": "x", "filter": { "rooms": vec![&room; 1001] } }),
    ];
    for criteria in invalid {
        asks(&alice, criteria).await.refused(400, "M_INVALID_PARAM");
    }
    let malformed = [
        json!({}),
        json!({ "search_term": 5 }),
        json!({ "search_term": "x", "keys": "content.body" }),
        json!({ "search_term": "x", "filter": { "limit": -1 } }),
        json!({ "search_term": "x", "filter": { "rooms": ["no id"] } }),
        json!({ "search_term": "x", "filter": { "org.chappe.from_ts": "yesterday" } }),
        json!({ "search_term": "x", "event_context": { "before_limit": -5 } }),
        json!({ "search_term": "x", "include_state": "yes" }),
    ];
    for criteria in malformed {
        asks(&alice, criteria).await.refused(400, "M_BAD_JSON");
    }
    alice.post(SEARCH, json!({})).await.refused(400, "M_BAD_JSON");
    let asked = json!({ "search_categories": { "room_events": { "search_term": "x" } } });
    for token in ["", "x", "q1", "q1AAAA", "s5"] {
        let path = format!("{SEARCH}?next_batch={token}");
        alice.post(&path, asked.clone()).await.refused(400, "M_INVALID_PARAM");
    }
    server.http.post(SEARCH, asked).await.refused(401, "M_MISSING_TOKEN");
    alice.get(SEARCH).await.refused(405, "M_UNRECOGNIZED");
    for strange in ["", " ", "\"", "*", "a OR b", "field:x", "\u{0}", &"long ".repeat(20_000)] {
        let found = finds(&alice, json!({ "search_term": strange })).await;
        assert_eq!(found["count"], 0, "{strange}");
    }
}

#[tokio::test]
async fn the_index_survives_a_kill_and_is_made_anew_by_command_and_when_it_is_damaged() {
    let (mut server, alice, _bob, room) = forum().await;
    for number in 0..5 {
        writes(&alice, &room, &format!("souvenir {number}")).await;
    }
    let count = async |server: &Server| {
        finds(&server.again(&alice), json!({ "search_term": "souvenir" })).await["count"].clone()
    };
    assert_eq!(count(&server).await, 5);
    server.kill().await;
    server.start_again().await;
    assert_eq!(count(&server).await, 5);

    let rebuild = ["search", "rebuild", "--config", "chappe.toml"];
    let whole = "the search index is whole: 5 messages, names and topics\n";
    assert_eq!(server.runs(&rebuild).await.ok(), whole, "while it serves");
    assert_eq!(count(&server).await, 5);
    server.stop().await;
    let index = server.data().join("search");
    assert_eq!(server.runs(&rebuild).await.ok(), whole, "while nobody serves");
    for file in std::fs::read_dir(&index).unwrap() {
        std::fs::write(file.unwrap().path(), b"damage").unwrap();
    }
    server.start_again().await;
    assert_eq!(count(&server).await, 5);
    server.stop().await;
    std::fs::remove_dir_all(&index).unwrap();
    server.start_again().await;
    assert_eq!(count(&server).await, 5);
}

#[tokio::test]
async fn where_search_is_off_there_is_no_such_endpoint_and_no_index() {
    let server = Server::start_with("[search]\nenabled = false").await;
    let alice = server.register("alice").await;
    asks(&alice, json!({ "search_term": "x" })).await.refused(404, "M_UNRECOGNIZED");
    assert!(!server.data().join("search").exists());
    let said = server.runs(&["search", "rebuild", "--config", "chappe.toml"]).await.failed();
    assert!(said.contains("search.enabled is false"), "{said}");
}
