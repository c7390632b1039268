//! What is said: once, in order, to whom it is meant for, and taken back for good.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde_json::{Value, json};

use crate::harness::{Person, Server};
use crate::rooms::at;

const OPEN: &str = "public_chat";

async fn two_in_a_room() -> (Server, Person, Person, String) {
    let server = Server::start().await;
    let (alice, bob) = (server.register("alice").await, server.register("bob").await);
    let room = alice.creates_room(json!({ "preset": OPEN })).await;
    bob.joins(&room).await;
    (server, alice, bob, room)
}

async fn writes(person: &Person, room: &str, transaction: &str, text: &str) -> String {
    let content = json!({ "msgtype": "m.text", "body": text });
    person.sends(room, "m.room.message", transaction, content).await
}

async fn event(person: &Person, room: &str, id: &str) -> Value {
    person.get(&at(room, &format!("event/{id}"))).await.ok()
}

fn bodies(events: &Value) -> Vec<String> {
    let events = events.as_array().unwrap();
    let body = |event: &Value| event["content"]["body"].as_str().map(ToOwned::to_owned);
    events.iter().filter_map(body).collect()
}

/// All texts of a room, page by page, and how many pages it took.
async fn all_pages(person: &Person, room: &str, query: &str) -> (Vec<String>, usize) {
    let (mut texts, mut pages, mut from) = (Vec::new(), 0, String::new());
    loop {
        let page = person.get(&at(room, &format!("messages?{query}{from}"))).await.ok();
        texts.extend(bodies(&page["chunk"]));
        pages += 1;
        match page["end"].as_str() {
            Some(end) => from = format!("&from={end}"),
            None => return (texts, pages),
        }
    }
}

#[tokio::test]
async fn what_one_says_the_other_reads() {
    let (_server, alice, bob, room) = two_in_a_room().await;
    let id = writes(&alice, &room, "1", "bonjour").await;
    let read = event(&bob, &room, &id).await;
    assert_eq!(read["content"], json!({ "msgtype": "m.text", "body": "bonjour" }));
    assert_eq!(read["sender"], alice.user_id.as_str());
    assert_eq!(read["type"], "m.room.message");
    assert_eq!(read["room_id"], room.as_str());
    assert!(read["origin_server_ts"].is_u64() && read["unsigned"]["age"].is_u64());
}

#[tokio::test]
async fn a_request_repeated_is_done_once_even_across_a_restart() {
    let (mut server, alice, _bob, room) = two_in_a_room().await;
    let first = writes(&alice, &room, "txn", "once").await;
    assert_eq!(writes(&alice, &room, "txn", "once").await, first);
    let redaction = at(&room, &format!("redact/{first}/r"));
    let redacted = alice.put(&redaction, json!({})).await.ok();
    server.restart().await;
    let alice = server.again(&alice);
    assert_eq!(writes(&alice, &room, "txn", "once").await, first);
    assert_eq!(alice.put(&redaction, json!({})).await.ok(), redacted);
    let page = alice.get(&at(&room, "messages?dir=b&limit=100")).await.ok();
    let sent: Vec<_> = page["chunk"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|event| event.get("state_key").is_none())
        .collect();
    assert_eq!(sent.len(), 2, "{sent:?}");
}

#[tokio::test]
async fn two_equal_requests_at_once_make_one_event() {
    let (_server, alice, _bob, room) = two_in_a_room().await;
    for round in 0..10 {
        let transaction = format!("t{round}");
        let (one, other) = tokio::join!(
            writes(&alice, &room, &transaction, "same"),
            writes(&alice, &room, &transaction, "same"),
        );
        assert_eq!(one, other);
    }
    let (texts, _) = all_pages(&alice, &room, "dir=b&limit=100").await;
    assert_eq!(texts.len(), 10);
}

#[tokio::test]
async fn a_transaction_belongs_to_one_device_one_room_and_one_type() {
    let (server, alice, _bob, room) = two_in_a_room().await;
    let other_room = alice.creates_room(json!({ "preset": OPEN })).await;
    let phone = server.sign_in("alice").await;
    let reaction = json!({ "m.relates_to": {
        "rel_type": "m.annotation", "event_id": "$e", "key": "👍",
    } });
    let ids = BTreeSet::from([
        writes(&alice, &room, "1", "a").await,
        writes(&phone, &room, "1", "b").await,
        writes(&alice, &other_room, "1", "c").await,
        alice.sends(&room, "m.reaction", "1", reaction).await,
    ]);
    assert_eq!(ids.len(), 4);
}

#[tokio::test]
async fn only_the_sending_device_sees_its_transaction_id() {
    let (server, alice, bob, room) = two_in_a_room().await;
    let phone = server.sign_in("alice").await;
    let id = writes(&alice, &room, "my-txn", "x").await;
    assert_eq!(event(&alice, &room, &id).await["unsigned"]["transaction_id"], "my-txn");
    for other in [&phone, &bob] {
        let seen = event(other, &room, &id).await;
        assert!(seen["unsigned"].get("transaction_id").is_none());
    }
}

#[tokio::test]
async fn an_encrypted_room_takes_no_plaintext() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    let room = alice.creates_room(json!({})).await;
    let text = json!({ "msgtype": "m.text", "body": "readable" });
    let plain = [
        ("m.room.message", text.clone()),
        ("m.sticker", json!({ "body": "s", "url": "mxc://x/y", "info": {} })),
        ("org.example.invented", text.clone()),
        ("m.room.encrypted", text),
    ];
    for (kind, content) in plain {
        let refused = alice.put(&at(&room, &format!("send/{kind}/1")), content).await;
        let refused = refused.refused(403, "M_FORBIDDEN");
        assert!(refused["error"].as_str().unwrap().contains("encrypted"), "{refused}");
    }
    let id = alice.says(&room, "sealed").await;
    let reaction = json!({ "m.relates_to": {
        "rel_type": "m.annotation", "event_id": id, "key": "👍",
    } });
    alice.sends(&room, "m.reaction", "2", reaction).await;
    assert!(!alice.get(&at(&room, "messages?dir=b")).await.ok().to_string().contains("readable"));
}

#[tokio::test]
async fn where_the_policy_is_optional_plain_matrix_is_spoken() {
    let server = Server::start_with("[rooms]\nencryption = \"optional\"").await;
    let alice = server.register("alice").await;
    let room = alice.creates_room(json!({})).await;
    alice.get(&at(&room, "state/m.room.encryption")).await.refused(404, "M_NOT_FOUND");
    writes(&alice, &room, "1", "clear").await;
}

#[tokio::test]
async fn a_message_needs_a_kind_and_a_text() {
    let (_server, alice, _bob, room) = two_in_a_room().await;
    let table = [
        json!({}),
        json!({ "body": "x" }),
        json!({ "msgtype": "m.text" }),
        json!({ "msgtype": 5, "body": "x" }),
        json!({ "msgtype": "m.text", "body": ["x"] }),
    ];
    for content in table {
        let refused = alice.put(&at(&room, "send/m.room.message/1"), content).await;
        refused.refused(400, "M_BAD_JSON");
    }
}

#[tokio::test]
async fn what_is_said_stays_within_the_specification_s_limits() {
    let (_server, alice, _bob, room) = two_in_a_room().await;
    let send = |kind: &str| at(&room, &format!("send/{kind}/1"));
    let long = "x".repeat(70_000);
    let text = |text: &str| json!({ "msgtype": "m.text", "body": text });
    alice.put(&send("m.room.message"), text(&long)).await.refused(413, "M_TOO_LARGE");
    alice.put(&send(&"t".repeat(256)), json!({})).await.refused(413, "M_TOO_LARGE");
    let fraction = json!({ "msgtype": "m.text", "body": "x", "level": 1.5 });
    alice.put(&send("m.room.message"), fraction).await.refused(400, "M_BAD_JSON");
    let huge = json!({ "msgtype": "m.text", "body": "x", "level": 9_007_199_254_740_992_u64 });
    alice.put(&send("m.room.message"), huge).await.refused(400, "M_BAD_JSON");
    let transaction = at(&room, &format!("send/m.room.message/{}", "t".repeat(256)));
    alice.put(&transaction, text("x")).await.refused(400, "M_INVALID_PARAM");
}

#[tokio::test]
async fn speaking_takes_the_power_that_the_room_asks_for() {
    let (_server, alice, bob, room) = two_in_a_room().await;
    let powers = at(&room, "state/m.room.power_levels");
    let mut levels = alice.get(&powers).await.ok();
    levels["events_default"] = json!(10);
    levels["events"]["m.reaction"] = json!(0);
    alice.put(&powers, levels).await.ok();
    let message = json!({ "msgtype": "m.text", "body": "x" });
    let refused = bob.put(&at(&room, "send/m.room.message/1"), message).await;
    refused.refused(403, "M_FORBIDDEN");
    bob.sends(&room, "m.reaction", "2", json!({})).await;
    writes(&alice, &room, "3", "allowed").await;
}

#[tokio::test]
async fn pages_lose_and_repeat_nothing_either_way() {
    let (_server, alice, bob, room) = two_in_a_room().await;
    for number in 0..150 {
        let writer = if number % 3 == 0 { &bob } else { &alice };
        writes(writer, &room, &format!("n{number}"), &number.to_string()).await;
    }
    let mut expected: Vec<String> = (0..150).map(|number: i32| number.to_string()).collect();
    for limit in [1, 7, 50, 100, 1000] {
        let (texts, _) = all_pages(&bob, &room, &format!("dir=f&limit={limit}")).await;
        assert_eq!(texts, expected, "forward by {limit}");
    }
    expected.reverse();
    for limit in [1, 7, 50, 100, 1000] {
        let (texts, _) = all_pages(&bob, &room, &format!("dir=b&limit={limit}")).await;
        assert_eq!(texts, expected, "backward by {limit}");
    }
    let page = bob.get(&at(&room, "messages?dir=b")).await.ok();
    assert_eq!(bodies(&page["chunk"]), expected[..10], "ten when no limit is given");
}

#[tokio::test]
async fn a_page_turns_round_where_it_ended() {
    let (_server, alice, bob, room) = two_in_a_room().await;
    for number in 0..30 {
        writes(&alice, &room, &format!("n{number}"), &number.to_string()).await;
    }
    let back = bob.get(&at(&room, "messages?dir=b&limit=10")).await.ok();
    let (start, end) = (back["start"].as_str().unwrap(), back["end"].as_str().unwrap());
    let forward = bob.get(&at(&room, &format!("messages?dir=f&limit=100&from={end}"))).await.ok();
    let mut texts = bodies(&forward["chunk"]);
    texts.reverse();
    assert_eq!(texts, bodies(&back["chunk"]));
    writes(&alice, &room, "new", "new").await;
    let later = bob.get(&at(&room, &format!("messages?dir=f&from={start}"))).await.ok();
    assert_eq!(bodies(&later["chunk"]), ["new"]);
    let query = format!("messages?dir=b&limit=100&to={end}");
    let until = bob.get(&at(&room, &query)).await.ok();
    assert_eq!(bodies(&until["chunk"]).len(), 11, "the page stops at `to`");
    let none = bob.get(&at(&room, "messages?dir=b&limit=0")).await.ok();
    assert_eq!(none["chunk"], json!([]));
}

#[tokio::test]
async fn a_sync_s_token_is_a_place_to_page_from() {
    let (_server, alice, bob, room) = two_in_a_room().await;
    writes(&alice, &room, "1", "before").await;
    let token = bob.syncs("").await["next_batch"].as_str().unwrap().to_owned();
    writes(&alice, &room, "2", "after").await;
    let back = bob.get(&at(&room, &format!("messages?dir=b&from={token}"))).await.ok();
    assert_eq!(bodies(&back["chunk"]), ["before"]);
    let forward = bob.get(&at(&room, &format!("messages?dir=f&from={token}"))).await.ok();
    assert_eq!(bodies(&forward["chunk"]), ["after"]);
}

#[tokio::test]
async fn the_place_before_a_sync_s_timeline_leads_to_what_came_earlier() {
    let (_server, alice, bob, room) = two_in_a_room().await;
    for number in 0..40 {
        writes(&alice, &room, &format!("n{number}"), &number.to_string()).await;
    }
    let filter = r#"{"room":{"timeline":{"limit":5}}}"#.replace('"', "%22");
    let filter = filter.replace('{', "%7B").replace('}', "%7D");
    let sync = bob.syncs(&format!("?filter={filter}")).await;
    let timeline = &sync["rooms"]["join"][&room]["timeline"];
    assert_eq!(bodies(&timeline["events"]), ["35", "36", "37", "38", "39"]);
    let token = timeline["prev_batch"].as_str().unwrap();
    let page = bob.get(&at(&room, &format!("messages?dir=b&limit=3&from={token}"))).await.ok();
    assert_eq!(bodies(&page["chunk"]), ["34", "33", "32"]);
}

#[tokio::test]
async fn a_filter_chooses_what_a_page_holds() {
    let (_server, alice, bob, room) = two_in_a_room().await;
    writes(&alice, &room, "1", "from alice").await;
    writes(&bob, &room, "1", "from bob").await;
    let file = json!({ "msgtype": "m.file", "body": "file", "url": "mxc://chappe.example/x" });
    alice.sends(&room, "m.room.message", "2", file).await;
    alice.sends(&room, "m.reaction", "3", json!({ "body": "reaction" })).await;
    let table = [
        (json!({ "types": ["m.room.message"] }), vec!["file", "from bob", "from alice"]),
        (json!({ "types": ["m.r*"], "not_types": ["m.room.*"] }), vec!["reaction"]),
        (json!({ "senders": [bob.user_id] }), vec!["from bob"]),
        (json!({ "not_senders": [alice.user_id] }), vec!["from bob"]),
        (json!({ "contains_url": true }), vec!["file"]),
        (json!({ "contains_url": false }), vec!["reaction", "from bob", "from alice"]),
        (json!({ "rooms": [] }), vec![]),
        (json!({ "not_rooms": [room] }), vec![]),
        (json!({ "types": [] }), vec![]),
        (json!({ "limit": 1, "types": ["m.room.message"] }), vec!["file"]),
    ];
    for (filter, expected) in table {
        let query = format!("messages?dir=b&limit=100&filter={}", encoded(&filter));
        let page = bob.get(&at(&room, &query)).await.ok();
        assert_eq!(bodies(&page["chunk"]), expected, "{filter}");
    }
    let broken = bob.get(&at(&room, "messages?dir=b&filter=%7B")).await;
    broken.refused(400, "M_INVALID_PARAM");
}

fn encoded(value: &Value) -> String {
    let mut text = String::new();
    for byte in value.to_string().bytes() {
        let _ = write!(text, "%{byte:02X}");
    }
    text
}

#[tokio::test]
async fn lazy_pages_bring_the_members_who_speak_in_them() {
    let (server, alice, bob, room) = two_in_a_room().await;
    let carol = server.register("carol").await;
    carol.joins(&room).await;
    writes(&bob, &room, "1", "only bob").await;
    let query = format!("&filter={}", encoded(&json!({ "lazy_load_members": true })));
    let page = alice.get(&at(&room, &format!("messages?dir=b&limit=1{query}"))).await.ok();
    let members = page["state"].as_array().unwrap();
    assert_eq!(members.len(), 1);
    assert_eq!(members[0]["state_key"], bob.user_id.as_str());
    let eager = alice.get(&at(&room, "messages?dir=b&limit=1")).await.ok();
    assert!(eager.get("state").is_none());
    let id = page["chunk"][0]["event_id"].as_str().unwrap();
    let path = at(&room, &format!("context/{id}?limit=0{query}"));
    let context = alice.get(&path).await.ok();
    let members: Vec<_> = context["state"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|event| event["type"] == "m.room.member")
        .map(|event| event["state_key"].as_str().unwrap())
        .collect();
    assert_eq!(members, [bob.user_id.as_str()]);
}

#[tokio::test]
async fn a_place_and_a_way_must_be_good_ones() {
    let (_server, alice, _bob, room) = two_in_a_room().await;
    let queries = ["dir=x", "dir=b&from=x", "dir=b&to=t", "dir=b&limit=-1", "dir=b&limit=x"];
    for query in queries {
        let refused = alice.get(&at(&room, &format!("messages?{query}"))).await;
        refused.refused(400, "M_INVALID_PARAM");
    }
    alice.get(&at(&room, "messages")).await.refused(400, "M_MISSING_PARAM");
    for extreme in ["t9223372036854775807", "t-9223372036854775808", "s18446744073709551615"] {
        for way in ["b", "f"] {
            alice.get(&at(&room, &format!("messages?dir={way}&from={extreme}"))).await.ok();
        }
    }
}

#[tokio::test]
async fn an_event_s_context_is_what_was_said_around_it() {
    let (_server, alice, bob, room) = two_in_a_room().await;
    let mut ids = Vec::new();
    for number in 0..20 {
        ids.push(writes(&alice, &room, &format!("n{number}"), &number.to_string()).await);
    }
    let context = async |limit: usize| {
        let path = at(&room, &format!("context/{}?limit={limit}", ids[10]));
        bob.get(&path).await.ok()
    };
    let around = context(5).await;
    assert_eq!(around["event"]["event_id"], ids[10].as_str());
    assert_eq!(bodies(&around["events_before"]), ["9", "8"]);
    assert_eq!(bodies(&around["events_after"]), ["11", "12", "13"]);
    let state = around["state"].as_array().unwrap();
    assert!(state.iter().any(|event| event["type"] == "m.room.create"));
    let (start, end) = (around["start"].as_str().unwrap(), around["end"].as_str().unwrap());
    let before = bob.get(&at(&room, &format!("messages?dir=b&limit=2&from={start}"))).await.ok();
    assert_eq!(bodies(&before["chunk"]), ["7", "6"]);
    let after = bob.get(&at(&room, &format!("messages?dir=f&limit=2&from={end}"))).await.ok();
    assert_eq!(bodies(&after["chunk"]), ["14", "15"]);
    let alone = context(0).await;
    assert_eq!(alone["event"]["event_id"], ids[10].as_str());
    assert!(alone.get("events_before").is_none() && alone.get("events_after").is_none());
    let unknown = bob.get(&at(&room, "context/$unknown")).await;
    unknown.refused(404, "M_NOT_FOUND");
}

#[tokio::test]
async fn a_redaction_takes_the_words_from_everybody() {
    let (mut server, alice, bob, room) = two_in_a_room().await;
    let id = writes(&alice, &room, "1", "regretted").await;
    let reason = json!({ "reason": "slip" });
    alice.put(&at(&room, &format!("redact/{id}/2")), reason).await.ok();
    for restarted in [false, true] {
        if restarted {
            server.restart().await;
        }
        for person in [server.again(&alice), server.again(&bob)] {
            let seen = event(&person, &room, &id).await;
            assert_eq!(seen["content"], json!({}));
            let because = &seen["unsigned"]["redacted_because"];
            assert_eq!(because["content"]["reason"], "slip");
            assert_eq!(because["content"]["redacts"], id.as_str());
            assert_eq!(because["redacts"], id.as_str());
            for path in ["messages?dir=b", &format!("context/{id}")] {
                let told = person.get(&at(&room, path)).await.ok().to_string();
                assert!(!told.contains("regretted"), "{path}");
            }
        }
    }
    assert!(server.files_with(b"regretted").is_empty());
}

#[tokio::test]
async fn others_words_are_taken_back_by_who_has_the_power_alone() {
    let (_server, alice, bob, room) = two_in_a_room().await;
    let from_alice = writes(&alice, &room, "1", "alice").await;
    let from_bob = writes(&bob, &room, "1", "bob").await;
    let redact = |id: &str, transaction: &str| at(&room, &format!("redact/{id}/{transaction}"));
    bob.put(&redact(&from_alice, "2"), json!({})).await.refused(403, "M_FORBIDDEN");
    assert_eq!(event(&bob, &room, &from_alice).await["content"]["body"], "alice");
    alice.put(&redact(&from_bob, "3"), json!({})).await.ok();
    assert_eq!(event(&alice, &room, &from_bob).await["content"], json!({}));
    alice.put(&redact("$unknown", "4"), json!({})).await.refused(404, "M_NOT_FOUND");
    let elsewhere = alice.creates_room(json!({ "preset": OPEN })).await;
    let other = writes(&alice, &elsewhere, "1", "elsewhere").await;
    alice.put(&redact(&other, "5"), json!({})).await.refused(404, "M_NOT_FOUND");
}

#[tokio::test]
async fn a_redaction_is_sent_like_any_event_in_old_and_new_rooms() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    for version in ["10", "12"] {
        let room = alice.creates_room(json!({ "preset": OPEN, "room_version": version })).await;
        let id = writes(&alice, &room, "1", "gone").await;
        alice.sends(&room, "m.room.redaction", "2", json!({ "redacts": id })).await;
        assert_eq!(event(&alice, &room, &id).await["content"], json!({}));
        let nothing = alice.put(&at(&room, "send/m.room.redaction/3"), json!({})).await;
        nothing.refused(400, "M_BAD_JSON");
    }
}

#[tokio::test]
async fn redacted_state_keeps_what_the_room_stands_on() {
    let (_server, alice, _bob, room) = two_in_a_room().await;
    let topic = json!({ "topic": "gone" });
    let set = alice.put(&at(&room, "state/m.room.topic"), topic).await.ok();
    let id = set["event_id"].as_str().unwrap();
    alice.put(&at(&room, &format!("redact/{id}/1")), json!({})).await.ok();
    assert_eq!(alice.get(&at(&room, "state/m.room.topic")).await.ok(), json!({}));
    let rules = alice.get(&at(&room, "state/m.room.join_rules?format=event")).await.ok();
    let id = rules["event_id"].as_str().unwrap();
    alice.put(&at(&room, &format!("redact/{id}/2")), json!({})).await.ok();
    let kept = alice.get(&at(&room, "state/m.room.join_rules")).await.ok();
    assert_eq!(kept["join_rule"], "public");
}

#[tokio::test]
async fn who_sees_the_past_is_what_the_room_says() {
    let server = Server::start().await;
    let (alice, bob) = (server.register("alice").await, server.register("bob").await);
    let stranger = server.register("stranger").await;
    let table = [
        ("world_readable", true, true, true),
        ("shared", true, true, false),
        ("invited", false, true, false),
        ("joined", false, false, false),
    ];
    for (setting, before_invite, between, by_strangers) in table {
        let content = json!({ "history_visibility": setting });
        let state = json!([{ "type": "m.room.history_visibility", "content": content }]);
        let room = alice.creates_room(json!({ "preset": OPEN, "initial_state": state })).await;
        let early = writes(&alice, &room, "1", "before the invitation").await;
        alice.post(&at(&room, "invite"), json!({ "user_id": bob.user_id })).await.ok();
        let middle = writes(&alice, &room, "2", "between").await;
        bob.joins(&room).await;
        let late = writes(&alice, &room, "3", "after").await;
        let sees = async |person: &Person, id: &str| {
            person.get(&at(&room, &format!("event/{id}"))).await.status == 200
        };
        assert_eq!(sees(&bob, &early).await, before_invite, "{setting}");
        assert_eq!(sees(&bob, &middle).await, between, "{setting}");
        assert!(sees(&bob, &late).await, "{setting}");
        assert_eq!(sees(&stranger, &early).await, by_strangers, "{setting}");
        let (texts, _) = all_pages(&bob, &room, "dir=b").await;
        assert_eq!(texts.len(), 1 + usize::from(between) + usize::from(before_invite));
        let page = stranger.get(&at(&room, "messages?dir=b")).await;
        assert_eq!(page.status == 200, by_strangers, "{setting}");
    }
}

#[tokio::test]
async fn an_event_is_found_in_its_own_room_only() {
    let (_server, alice, bob, room) = two_in_a_room().await;
    let private = alice.creates_room(json!({})).await;
    let id = alice.says(&private, "private").await;
    for (room, id) in [(&room, &id), (&private, &id), (&room, &"$unknown".to_owned())] {
        let refused = bob.get(&at(room, &format!("event/{id}"))).await;
        refused.refused(404, "M_NOT_FOUND");
    }
    bob.get(&at(&private, &format!("context/{id}"))).await.refused(403, "M_FORBIDDEN");
}

#[tokio::test]
async fn an_event_is_found_by_its_time() {
    let (_server, alice, bob, room) = two_in_a_room().await;
    let mut sent = Vec::new();
    for number in 0..5 {
        let id = writes(&alice, &room, &format!("n{number}"), &number.to_string()).await;
        let at = event(&bob, &room, &id).await["origin_server_ts"].as_u64().unwrap();
        sent.push((id, at));
        tokio::time::sleep(std::time::Duration::from_millis(3)).await;
    }
    let near = async |time: u64, way: &str| {
        let query = format!("timestamp_to_event?ts={time}&dir={way}");
        bob.get(&format!("/_matrix/client/v1/rooms/{room}/{query}")).await
    };
    let (id, at) = &sent[2];
    for way in ["f", "b"] {
        let found = near(*at, way).await.ok();
        assert_eq!(found, json!({ "event_id": id, "origin_server_ts": at }), "{way}");
    }
    assert_eq!(near(at + 1, "f").await.ok()["event_id"], sent[3].0.as_str());
    assert_eq!(near(at - 1, "b").await.ok()["event_id"], sent[1].0.as_str());
    near(at + 1_000_000, "f").await.refused(404, "M_NOT_FOUND");
    near(0, "b").await.refused(404, "M_NOT_FOUND");
    assert_eq!(near(at + 1_000_000, "b").await.ok()["event_id"], sent[4].0.as_str());
}
