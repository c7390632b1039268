//! Rooms, as an administrator sees and removes them.

use serde_json::{Value, json};

use super::{admin, administered, until};
use crate::rooms::at;

fn ids(answer: &Value) -> Vec<&str> {
    let rooms = answer["rooms"].as_array().unwrap();
    rooms.iter().map(|room| room["room_id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn rooms_are_listed_by_what_is_asked_for() {
    let (server, chief) = administered().await;
    let (alice, bob) = (server.register("alice").await, server.register("bob").await);
    let forum = json!({ "visibility": "public", "name": "Forum", "topic": "Open",
        "room_alias_name": "agora" });
    let forum = alice.creates_room(forum).await;
    bob.joins(&forum).await;
    let office = alice.creates_room(json!({ "name": "Bureau", "topic": "Secret" })).await;
    let (f, o) = (forum.as_str(), office.as_str());
    let table: [(&str, &[&str]); 9] = [
        ("", &[o, f]),
        ("?dir=b", &[f, o]),
        ("?order_by=joined_members", &[f, o]),
        ("?limit=1&from=1", &[f]),
        ("?limit=0", &[]),
        ("?search_term=FORUM", &[f]),
        ("?search_term=agora", &[f]),
        ("?public_rooms=true", &[f]),
        ("?empty_rooms=true", &[]),
    ];
    for (query, expected) in table {
        let listed = chief.get(&admin(&format!("v1/rooms{query}"))).await.ok();
        assert_eq!(ids(&listed), expected, "{query}");
    }
    let page = chief.get(&admin("v1/rooms?limit=1")).await.ok();
    assert_eq!((&page["total_rooms"], &page["next_batch"]), (&json!(2), &json!(1)));
    let last = chief.get(&admin("v1/rooms?limit=1&from=1")).await.ok();
    assert_eq!((last.get("next_batch"), &last["prev_batch"]), (None, &json!(0)));

    let open = chief.get(&admin(&format!("v1/rooms/{forum}"))).await.ok();
    assert_eq!((&open["topic"], &open["public"]), (&json!("Open"), &json!(true)));
    assert_eq!((&open["joined_members"], &open["version"]), (&json!(2), &json!("12")));
    assert_eq!(open["canonical_alias"], "#agora:chappe.example");
    assert_eq!(open["creator"], json!(alice.user_id));
    let private = chief.get(&admin(&format!("v1/rooms/{office}"))).await.ok();
    assert_eq!((&private["name"], &private["topic"]), (&json!("Bureau"), &Value::Null));
    assert_eq!(private["encryption"], "m.megolm.v1.aes-sha2");
}

#[tokio::test]
async fn an_administrator_reads_nothing_that_was_said_in_private() {
    let (server, chief) = administered().await;
    let alice = server.register("alice").await;
    let initial = json!([{ "type": "m.room.pinned_events", "content": { "pinned": ["$secret"] } }]);
    let request = json!({ "name": "Bureau", "topic": "Secret", "initial_state": initial });
    let office = alice.creates_room(request).await;
    let state = chief.get(&admin(&format!("v1/rooms/{office}/state"))).await.ok();
    let content = |kind: &str| {
        let events = state["state"].as_array().unwrap();
        events.iter().find(|event| event["type"] == kind).unwrap()["content"].clone()
    };
    assert_eq!(content("m.room.name"), json!({ "name": "Bureau" }));
    assert_eq!(content("m.room.topic"), json!({}));
    assert_eq!(content("m.room.pinned_events"), json!({}));
    assert_eq!(content("m.room.member"), json!({ "membership": "join" }));
    assert_eq!(content("m.room.join_rules"), json!({ "join_rule": "invite" }));
    chief.get(&at(&office, "state")).await.refused(403, "M_FORBIDDEN");

    let forum = alice.creates_room(json!({ "preset": "public_chat", "topic": "Open" })).await;
    let state = chief.get(&admin(&format!("v1/rooms/{forum}/state"))).await.ok();
    let mut events = state["state"].as_array().unwrap().iter();
    assert!(events.any(|event| event["content"]["topic"] == "Open"));
}

#[tokio::test]
async fn nobody_comes_into_a_blocked_room() {
    let (server, chief) = administered().await;
    let (alice, bob) = (server.register("alice").await, server.register("bob").await);
    let room = alice.creates_room(json!({ "preset": "public_chat" })).await;
    let block = admin(&format!("v1/rooms/{room}/block"));
    assert_eq!(chief.get(&block).await.ok(), json!({ "block": false }));
    assert_eq!(chief.put(&block, json!({ "block": true })).await.ok(), json!({ "block": true }));
    let who = json!({ "block": true, "user_id": chief.user_id });
    assert_eq!(chief.get(&block).await.ok(), who);
    bob.post(&at(&room, "join"), json!({})).await.refused(403, "M_FORBIDDEN");
    let invite = json!({ "user_id": bob.user_id });
    alice.post(&at(&room, "invite"), invite.clone()).await.refused(403, "M_FORBIDDEN");
    alice.says(&room, "still").await;
    chief.put(&block, json!({ "block": false })).await.ok();
    bob.joins(&room).await;
}

#[tokio::test]
async fn a_removed_room_is_gone_for_everybody_and_from_the_disk() {
    let (mut server, chief) = administered().await;
    let (alice, bob) = (server.register("alice").await, server.register("bob").await);
    let request = json!({ "preset": "public_chat", "name": "Forum", "room_alias_name": "agora",
        "visibility": "public" });
    let room = alice.creates_room(request).await;
    bob.joins(&room).await;
    let other = alice.creates_room(json!({})).await;
    let event = alice.says(&room, "here").await;
    let before = bob.syncs("").await["next_batch"].as_str().unwrap().to_owned();

    let removed = json!({ "block": true, "purge": true });
    let path = admin(&format!("v2/rooms/{room}"));
    let begun = chief.request(http::Method::DELETE, &path, removed.to_string()).await.ok();
    let id = begun["delete_id"].as_str().unwrap();
    let status = admin(&format!("v2/rooms/delete_status/{id}"));
    let done = until(&chief, &status, |answer| answer["status"] == "complete").await;
    let put_out = json!([alice.user_id, bob.user_id]);
    assert_eq!(done["shutdown_room"]["kicked_users"], put_out);
    let all = chief.get(&admin(&format!("v2/rooms/{room}/delete_status"))).await.ok();
    assert_eq!(all["results"][0]["delete_id"], json!(id));

    for _ in 0..2 {
        let (alice, bob, chief) = (server.again(&alice), server.again(&bob), server.again(&chief));
        chief.get(&admin(&format!("v1/rooms/{room}"))).await.refused(404, "M_NOT_FOUND");
        for path in ["state", "messages?dir=b", "members", &format!("event/{event}")] {
            let answer = alice.get(&at(&room, path)).await;
            assert!([403, 404].contains(&answer.status), "{path}");
        }
        let alias = "/_matrix/client/v3/directory/room/%23agora:chappe.example";
        alice.get(alias).await.refused(404, "M_NOT_FOUND");
        let public = alice.get("/_matrix/client/v3/publicRooms").await.ok();
        assert_eq!(public["chunk"], json!([]));
        bob.post(&at(&room, "join"), json!({})).await.refused(404, "M_NOT_FOUND");
        let joined = alice.get("/_matrix/client/v3/joined_rooms").await.ok();
        assert_eq!(joined["joined_rooms"], json!([other]));
        // Whoever was not told that they left is told now.
        let told = bob.syncs(&format!("?since={before}")).await;
        assert!(told["rooms"]["leave"][&room].is_object());
        assert!(bob.syncs("").await["rooms"]["join"].get(&room).is_none());
        assert_eq!(chief.get(&admin("v1/rooms")).await.ok()["total_rooms"], 1);
        server.restart().await;
    }
}

#[tokio::test]
async fn a_room_can_be_emptied_and_kept() {
    let (server, chief) = administered().await;
    let alice = server.register("alice").await;
    let room = alice.creates_room(json!({ "preset": "public_chat" })).await;
    let path = admin(&format!("v1/rooms/{room}"));
    let kept = json!({ "purge": false }).to_string();
    let answer = chief.request(http::Method::DELETE, &path, kept).await.ok();
    assert_eq!(answer["kicked_users"], json!([alice.user_id]));
    assert_eq!(chief.get(&path).await.ok()["joined_members"], 0);
    assert_eq!(ids(&chief.get(&admin("v1/rooms?empty_rooms=true")).await.ok()), [&room]);
    alice.joins(&room).await;

    let nowhere = admin("v1/rooms/!nowhere:chappe.example");
    chief.delete(&nowhere).await.refused(404, "M_NOT_FOUND");
    let blocked = json!({ "block": true }).to_string();
    chief.request(http::Method::DELETE, &nowhere, blocked).await.ok();
    assert_eq!(chief.get(&format!("{nowhere}/block")).await.ok()["block"], true);
    let moved = json!({ "new_room_user_id": chief.user_id }).to_string();
    let moved = chief.request(http::Method::DELETE, &path, moved).await;
    moved.refused(400, "M_INVALID_PARAM");
}

#[tokio::test]
async fn history_goes_up_to_an_event_or_a_time() {
    let (server, chief) = administered().await;
    let alice = server.register("alice").await;
    let room = alice.creates_room(json!({ "preset": "public_chat", "name": "Forum" })).await;
    let said = |text: &str| json!({ "msgtype": "m.text", "body": text });
    let mut events = Vec::new();
    for number in ["0", "1", "2", "3"] {
        events.push(alice.sends(&room, "m.room.message", number, said(number)).await);
    }
    let body = async |event: &str| {
        let event = alice.get(&at(&room, &format!("event/{event}"))).await.ok();
        event["content"]["body"].clone()
    };
    let path = admin(&format!("v1/purge_history/{room}"));
    let purge = async |path: &str, asked: Value| {
        let begun = chief.post(path, asked).await.ok();
        let id = begun["purge_id"].as_str().unwrap();
        let status = admin(&format!("v1/purge_history_status/{id}"));
        until(&chief, &status, |answer| answer["status"] == "complete").await;
    };
    chief.post(&path, json!({ "purge_up_to_ts": 1 })).await.refused(400, "M_INVALID_PARAM");
    let all = |asked: Value| {
        let mut asked = asked;
        asked["delete_local_events"] = true.into();
        asked
    };
    chief.post(&path, all(json!({}))).await.refused(400, "M_MISSING_PARAM");
    purge(&path, all(json!({ "purge_up_to_event_id": events[1] }))).await;
    assert_eq!((body(&events[0]).await, body(&events[1]).await), (Value::Null, json!("1")));
    purge(&format!("{path}/{}", events[2]), all(json!({}))).await;
    assert_eq!((body(&events[1]).await, body(&events[2]).await), (Value::Null, json!("2")));
    purge(&path, all(json!({ "purge_up_to_ts": 1 }))).await;
    assert_eq!(body(&events[2]).await, "2");
    purge(&path, all(json!({ "purge_up_to_ts": 9_000_000_000_000_u64 }))).await;
    assert_eq!(body(&events[3]).await, Value::Null);
    let name = alice.get(&at(&room, "state/m.room.name")).await.ok();
    assert_eq!(name, json!({ "name": "Forum" }), "a room is made of its state");
    alice.says(&room, "on").await;
}

#[tokio::test]
async fn an_administrator_asks_people_into_rooms_and_joins_in_nobodys_name() {
    let (server, chief) = administered().await;
    let (alice, bob) = (server.register("alice").await, server.register("bob").await);
    let forum = alice.creates_room(json!({ "preset": "public_chat" })).await;
    let join = |room: &str| admin(&format!("v1/join/{room}"));
    let who = json!({ "user_id": bob.user_id });
    chief.post(&join(&forum), who.clone()).await.refused(403, "M_FORBIDDEN");
    let themselves = json!({ "user_id": chief.user_id });
    assert_eq!(chief.post(&join(&forum), themselves).await.ok(), json!({ "room_id": forum }));
    let office = alice.creates_room(json!({})).await;
    chief.post(&join(&office), who.clone()).await.refused(403, "M_FORBIDDEN");
    alice.brings(&chief, &office).await;
    for room in [&forum, &office, &office] {
        assert_eq!(chief.post(&join(room), who.clone()).await.ok(), json!({ "room_id": room }));
    }
    let joined = "/_matrix/client/v3/joined_rooms";
    assert_eq!(bob.get(joined).await.ok(), json!({ "joined_rooms": [] }));
    for room in [&forum, &office] {
        assert!(bob.syncs("").await["rooms"]["invite"].get(room).is_some());
        bob.joins(room).await;
        assert_eq!(chief.post(&join(room), who.clone()).await.ok(), json!({ "room_id": room }));
    }
    assert_eq!(bob.get(joined).await.ok()["joined_rooms"].as_array().unwrap().len(), 2);
}
