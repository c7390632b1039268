//! Rooms: how they are made, what is known of them, how they are found and replaced.

use http::Method;
use serde_json::{Value, json};

use crate::harness::{Person, Server};

/// The path of something in a room.
pub(crate) fn at(room: &str, rest: &str) -> String {
    format!("/_matrix/client/v3/rooms/{room}/{rest}")
}

/// Types of a room's events, oldest first.
async fn history(person: &Person, room: &str) -> Vec<String> {
    let page = person.get(&at(room, "messages?dir=f&limit=100")).await.ok();
    let events = page["chunk"].as_array().unwrap();
    events.iter().map(|event| event["type"].as_str().unwrap().to_owned()).collect()
}

/// Content of the state of a type and an empty key; `null` when there is none.
async fn state(person: &Person, room: &str, kind: &str) -> Value {
    let answer = person.get(&at(room, &format!("state/{kind}"))).await;
    if answer.status == 404 { Value::Null } else { answer.ok() }
}

#[tokio::test]
async fn a_room_begins_with_the_events_that_the_specification_orders() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    let bob = server.register("bob").await;
    let room = alice
        .creates_room(json!({
            "preset": "public_chat", "room_alias_name": "forum", "name": "Forum",
            "topic": "Everything", "invite": [bob.user_id],
            "initial_state": [{ "type": "m.room.pinned_events", "content": { "pinned": [] } }],
        }))
        .await;
    let expected = [
        "m.room.create",
        "m.room.member",
        "m.room.power_levels",
        "m.room.canonical_alias",
        "m.room.join_rules",
        "m.room.history_visibility",
        "m.room.guest_access",
        "m.room.pinned_events",
        "m.room.name",
        "m.room.topic",
        "m.room.member",
    ];
    assert_eq!(history(&alice, &room).await, expected);
}

#[tokio::test]
async fn private_rooms_and_direct_chats_are_encrypted_asked_for_or_not() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    let table = [
        (json!({}), true),
        (json!({ "preset": "private_chat" }), true),
        (json!({ "preset": "trusted_private_chat" }), true),
        (json!({ "is_direct": true }), true),
        (json!({ "preset": "public_chat" }), false),
        (json!({ "visibility": "public" }), false),
    ];
    for (request, encrypted) in table {
        let room = alice.creates_room(request.clone()).await;
        let algorithm = state(&alice, &room, "m.room.encryption").await["algorithm"].clone();
        let expected = if encrypted { json!("m.megolm.v1.aes-sha2") } else { Value::Null };
        assert_eq!(algorithm, expected, "{request}");
    }
}

#[tokio::test]
async fn encryption_that_was_asked_for_is_set_once() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    let encryption = json!({ "algorithm": "m.megolm.v1.aes-sha2", "rotation_period_msgs": 50 });
    let asked = json!({ "type": "m.room.encryption", "state_key": "", "content": encryption });
    let room = alice.creates_room(json!({ "initial_state": [asked] })).await;
    assert_eq!(state(&alice, &room, "m.room.encryption").await, encryption);
    let events = history(&alice, &room).await;
    assert_eq!(events.iter().filter(|kind| *kind == "m.room.encryption").count(), 1);
}

#[tokio::test]
async fn a_preset_decides_who_comes_and_visibility_decides_the_preset() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    let table = [
        (json!({}), "invite", "can_join"),
        (json!({ "visibility": "private" }), "invite", "can_join"),
        (json!({ "visibility": "public" }), "public", "forbidden"),
        (json!({ "visibility": "public", "preset": "private_chat" }), "invite", "can_join"),
        (json!({ "preset": "trusted_private_chat" }), "invite", "can_join"),
        (json!({ "preset": "public_chat" }), "public", "forbidden"),
    ];
    for (request, rule, guests) in table {
        let room = alice.creates_room(request.clone()).await;
        let rules = state(&alice, &room, "m.room.join_rules").await;
        assert_eq!(rules, json!({ "join_rule": rule }), "{request}");
        let access = state(&alice, &room, "m.room.guest_access").await;
        assert_eq!(access, json!({ "guest_access": guests }), "{request}");
        let history = state(&alice, &room, "m.room.history_visibility").await;
        assert_eq!(history, json!({ "history_visibility": "shared" }), "{request}");
    }
}

#[tokio::test]
async fn rooms_are_made_in_every_version_that_is_offered() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    for version in ["6", "7", "8", "9", "10", "11", "12"] {
        let room = alice.creates_room(json!({ "room_version": version, "name": "R" })).await;
        let create = state(&alice, &room, "m.room.create").await;
        assert_eq!(create["room_version"], version);
        assert_eq!(create.get("creator").is_some(), version.parse::<u8>().unwrap() < 11);
        assert_eq!(state(&alice, &room, "m.room.name").await["name"], "R");
    }
    let path = "/_matrix/client/v3/createRoom";
    for version in ["1", "5", "13", "org.example.x"] {
        let refused = alice.post(path, json!({ "room_version": version })).await;
        refused.refused(400, "M_UNSUPPORTED_ROOM_VERSION");
    }
}

#[tokio::test]
async fn what_the_creator_describes_is_what_the_room_has() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    let room = alice
        .creates_room(json!({
            "creation_content": {
                "type": "m.space", "m.federate": false, "creator": "@x:y", "room_version": "1",
            },
            "power_level_content_override": { "events_default": 10, "events": { "m.sticker": 5 } },
            "initial_state": [
                { "type": "m.room.join_rules", "content": { "join_rule": "knock" } },
                { "type": "org.example", "state_key": "key", "content": { "a": 1 } },
            ],
        }))
        .await;
    let create = state(&alice, &room, "m.room.create").await;
    assert_eq!(create, json!({ "type": "m.space", "m.federate": false, "room_version": "12" }));
    let levels = state(&alice, &room, "m.room.power_levels").await;
    assert_eq!(levels["events_default"], 10);
    assert_eq!(levels["events"], json!({ "m.sticker": 5 }));
    assert_eq!(levels["ban"], 50);
    assert_eq!(state(&alice, &room, "m.room.join_rules").await["join_rule"], "knock");
    assert_eq!(alice.get(&at(&room, "state/org.example/key")).await.ok(), json!({ "a": 1 }));
}

#[tokio::test]
async fn trusted_people_have_the_creator_s_power() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    let bob = server.register("bob").await;
    let request = |version: &str| {
        let invite = [&bob.user_id];
        json!({ "preset": "trusted_private_chat", "invite": invite, "room_version": version })
    };
    let new = alice.creates_room(request("12")).await;
    let create = state(&alice, &new, "m.room.create").await;
    assert_eq!(create["additional_creators"], json!([bob.user_id]));
    assert_eq!(state(&alice, &new, "m.room.power_levels").await["users"], json!({}));
    let old = alice.creates_room(request("11")).await;
    let users = state(&alice, &old, "m.room.power_levels").await["users"].clone();
    assert_eq!(users, json!({ &alice.user_id: 100, &bob.user_id: 100 }));
    for room in [new, old] {
        bob.joins(&room).await;
        bob.put(&at(&room, "state/m.room.name"), json!({ "name": "by Bob" })).await.ok();
    }
}

#[tokio::test]
async fn a_room_that_cannot_be_is_not_made_in_part() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    let powerless = json!({ &alice.user_id: 0 });
    let table = [
        (json!({ "preset": "quiet_chat" }), 400, "M_INVALID_PARAM"),
        (json!({ "room_alias_name": "a:b" }), 400, "M_INVALID_PARAM"),
        (json!({ "room_alias_name": "" }), 400, "M_INVALID_PARAM"),
        (json!({ "invite": ["@nobody:chappe.example"] }), 404, "M_NOT_FOUND"),
        (json!({ "invite": ["@somebody:elsewhere.example"] }), 403, "M_FORBIDDEN"),
        (json!({ "invite": ["no id"] }), 400, "M_BAD_JSON"),
        (
            json!({ "invite_3pid": [{
                "medium": "email", "address": "a@b.example",
                "id_server": "id.example", "id_access_token": "x",
            }] }),
            403,
            "M_FORBIDDEN",
        ),
        (json!({ "initial_state": [{ "type": "m.room.name" }] }), 400, "M_BAD_JSON"),
        (json!({ "initial_state": [{ "content": {} }] }), 400, "M_BAD_JSON"),
        (
            json!({ "initial_state": [{ "type": "m.room.create", "content": {} }] }),
            400,
            "M_INVALID_ROOM_STATE",
        ),
        (
            json!({ "room_version": "11", "name": "R",
                "power_level_content_override": { "users": powerless } }),
            400,
            "M_INVALID_ROOM_STATE",
        ),
        (
            json!({ "power_level_content_override": { "users": powerless } }),
            400,
            "M_INVALID_ROOM_STATE",
        ),
        (json!({ "name": 5 }), 400, "M_BAD_JSON"),
    ];
    for (request, status, errcode) in table {
        let answer = alice.post("/_matrix/client/v3/createRoom", request.clone()).await;
        assert_eq!(answer.status, status, "{request}: {}", answer.body);
        answer.refused(status, errcode);
    }
    let joined = alice.get("/_matrix/client/v3/joined_rooms").await.ok();
    assert_eq!(joined, json!({ "joined_rooms": [] }));
}

#[tokio::test]
async fn state_is_read_whole_and_one_by_one_in_both_forms() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    let room = alice.creates_room(json!({ "name": "Name" })).await;
    let all = alice.get(&at(&room, "state")).await.ok();
    let all = all.as_array().unwrap();
    let name = all.iter().find(|event| event["type"] == "m.room.name").unwrap();
    assert_eq!(name["content"], json!({ "name": "Name" }));
    assert_eq!(name["room_id"], room.as_str());
    for path in ["state/m.room.name", "state/m.room.name/"] {
        assert_eq!(alice.get(&at(&room, path)).await.ok(), json!({ "name": "Name" }));
    }
    let event = alice.get(&at(&room, "state/m.room.name?format=event")).await.ok();
    assert_eq!(event["event_id"], name["event_id"]);
    assert_eq!(event["sender"], alice.user_id.as_str());
    let member = at(&room, &format!("state/m.room.member/{}", alice.user_id));
    assert_eq!(alice.get(&member).await.ok()["membership"], "join");
    alice.get(&at(&room, "state/m.room.topic")).await.refused(404, "M_NOT_FOUND");
    let odd = alice.get(&at(&room, "state/m.room.name?format=odd")).await;
    odd.refused(400, "M_INVALID_PARAM");
}

#[tokio::test]
async fn state_is_set_under_any_key_and_setting_the_same_again_changes_nothing() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    let room = alice.creates_room(json!({})).await;
    let first = alice.put(&at(&room, "state/m.room.topic"), json!({ "topic": "A" })).await.ok();
    let again = alice.put(&at(&room, "state/m.room.topic/"), json!({ "topic": "A" })).await.ok();
    assert_eq!(first, again);
    let other = alice.put(&at(&room, "state/m.room.topic"), json!({ "topic": "B" })).await.ok();
    assert_ne!(first, other);
    let event = alice.get(&at(&room, "state/m.room.topic?format=event")).await.ok();
    assert_eq!(event["unsigned"]["prev_content"], json!({ "topic": "A" }));
    assert_eq!(event["unsigned"]["replaces_state"], first["event_id"]);
    alice.put(&at(&room, "state/org.example/a%2Fb%20c"), json!({ "x": 1 })).await.ok();
    let back = alice.get(&at(&room, "state/org.example/a%2Fb%20c?format=event")).await.ok();
    assert_eq!(back["state_key"], "a/b c");
}

#[tokio::test]
async fn state_is_set_by_who_has_the_power_alone() {
    let server = Server::start().await;
    let (alice, bob) = (server.register("alice").await, server.register("bob").await);
    let room = alice.creates_room(json!({})).await;
    alice.brings(&bob, &room).await;
    let name = at(&room, "state/m.room.name");
    bob.put(&name, json!({ "name": "mine" })).await.refused(403, "M_FORBIDDEN");
    let powers = at(&room, "state/m.room.power_levels");
    let mut levels = alice.get(&powers).await.ok();
    levels["users"] = json!({ &bob.user_id: 50 });
    alice.put(&powers, levels.clone()).await.ok();
    bob.put(&name, json!({ "name": "ours" })).await.ok();
    levels["users"] = json!({ &bob.user_id: 100 });
    bob.put(&powers, levels).await.refused(403, "M_FORBIDDEN");
    let other = at(&room, &format!("state/m.room.member/{}", alice.user_id));
    bob.put(&other, json!({ "membership": "leave" })).await.refused(403, "M_FORBIDDEN");
}

#[tokio::test]
async fn an_encrypted_room_stays_encrypted() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    let room = alice.creates_room(json!({})).await;
    let path = at(&room, "state/m.room.encryption");
    for content in [json!({}), json!({ "algorithm": "none" })] {
        alice.put(&path, content).await.refused(400, "M_BAD_JSON");
    }
    let event = alice.get(&at(&room, "state/m.room.encryption?format=event")).await.ok();
    let id = event["event_id"].as_str().unwrap();
    let _ = alice.put(&at(&room, &format!("redact/{id}/1")), json!({})).await;
    let message = json!({ "msgtype": "m.text", "body": "clear" });
    let sent = alice.put(&at(&room, "send/m.room.message/2"), message).await;
    sent.refused(403, "M_FORBIDDEN");
}

#[tokio::test]
async fn a_stranger_learns_nothing_of_a_room_not_even_that_it_is_there() {
    let server = Server::start().await;
    let (alice, eve) = (server.register("alice").await, server.register("eve").await);
    let room = alice.creates_room(json!({ "name": "Secret" })).await;
    let target = json!({ "user_id": alice.user_id });
    let message = json!({ "msgtype": "m.text", "body": "clear" });
    let asked = [
        (Method::GET, "state", json!({})),
        (Method::GET, "state/m.room.name", json!({})),
        (Method::GET, "members", json!({})),
        (Method::GET, "joined_members", json!({})),
        (Method::GET, "messages?dir=b", json!({})),
        (Method::GET, "aliases", json!({})),
        (Method::PUT, "send/m.room.message/1", message),
        (Method::PUT, "state/m.room.name", json!({ "name": "x" })),
        (Method::PUT, "redact/$event/1", json!({})),
        (Method::POST, "leave", json!({})),
        (Method::POST, "invite", target.clone()),
        (Method::POST, "kick", target.clone()),
        (Method::POST, "ban", target.clone()),
        (Method::POST, "unban", target),
        (Method::POST, "upgrade", json!({ "new_version": "12" })),
        (Method::POST, "receipt/m.read/$event", json!({})),
        (Method::POST, "read_markers", json!({})),
    ];
    for (method, path, body) in asked {
        let mut told = Vec::new();
        for room in [room.as_str(), "!unknown:chappe.example"] {
            let answer = eve.request(method.clone(), &at(room, path), body.to_string()).await;
            let refused = answer.refused(403, "M_FORBIDDEN");
            told.push(refused["error"].as_str().unwrap().replace(room, "…"));
        }
        assert_eq!(told[0], told[1], "{method} {path}");
    }
    for room in [room.as_str(), "!unknown:chappe.example"] {
        let summary = format!("/_matrix/client/v1/room_summary/{room}");
        eve.get(&summary).await.refused(404, "M_NOT_FOUND");
        eve.get(&at(room, "event/$event")).await.refused(404, "M_NOT_FOUND");
    }
}

#[tokio::test]
async fn who_left_sees_the_state_as_it_was_then() {
    let server = Server::start().await;
    let (alice, bob) = (server.register("alice").await, server.register("bob").await);
    let room = alice.creates_room(json!({ "name": "Before" })).await;
    alice.brings(&bob, &room).await;
    bob.post(&at(&room, "leave"), json!({})).await.ok();
    alice.put(&at(&room, "state/m.room.name"), json!({ "name": "After" })).await.ok();
    assert_eq!(state(&bob, &room, "m.room.name").await["name"], "Before");
    let own = at(&room, &format!("state/m.room.member/{}", bob.user_id));
    assert_eq!(bob.get(&own).await.ok()["membership"], "leave");
    let all = bob.get(&at(&room, "state")).await.ok();
    assert!(!all.to_string().contains("After"));
}

#[tokio::test]
async fn a_summary_is_for_who_may_join_knock_or_read() {
    let server = Server::start().await;
    let (alice, bob) = (server.register("alice").await, server.register("bob").await);
    let summary = |room: &str| format!("/_matrix/client/v1/room_summary/{room}");
    let rule =
        |rule: &str| json!([{ "type": "m.room.join_rules", "content": { "join_rule": rule } }]);
    let open = alice
        .creates_room(json!({ "preset": "public_chat", "name": "Open", "room_alias_name": "open" }))
        .await;
    let knockable = alice.creates_room(json!({ "initial_state": rule("knock") })).await;
    let closed = alice.creates_room(json!({})).await;
    let shown = bob.get(&summary("%23open:chappe.example")).await.ok();
    assert_eq!(shown["room_id"], open.as_str());
    assert_eq!(shown["name"], "Open");
    assert_eq!(shown["num_joined_members"], 1);
    assert_eq!(shown["membership"], "leave");
    let shown = bob.get(&summary(&knockable)).await.ok();
    assert_eq!(shown["join_rule"], "knock");
    assert_eq!(shown["encryption"], "m.megolm.v1.aes-sha2");
    bob.get(&summary(&closed)).await.refused(404, "M_NOT_FOUND");
    let invite = json!({ "user_id": bob.user_id });
    alice.post(&at(&closed, "invite"), invite).await.ok();
    assert_eq!(bob.get(&summary(&closed)).await.ok()["membership"], "invite");
    server.http.get(&summary(&open)).await.refused(404, "M_NOT_FOUND");
    let readable = json!({ "history_visibility": "world_readable" });
    alice.put(&at(&open, "state/m.room.history_visibility"), readable).await.ok();
    let shown = server.http.get(&summary(&open)).await.ok();
    assert_eq!((&shown["world_readable"], shown.get("membership")), (&json!(true), None));
}

#[tokio::test]
async fn an_upgrade_carries_over_what_a_room_was_and_closes_the_old_one() {
    let server = Server::start().await;
    let (alice, bob) = (server.register("alice").await, server.register("bob").await);
    let old = alice
        .creates_room(json!({
            "room_version": "10", "preset": "public_chat", "visibility": "public",
            "name": "Forum", "topic": "All", "room_alias_name": "forum",
            "power_level_content_override": { "users": { &alice.user_id: 100, &bob.user_id: 50 } },
        }))
        .await;
    let ban = json!({ "user_id": "@troll:chappe.example", "reason": "noise" });
    alice.post(&at(&old, "ban"), ban).await.ok();
    let upgraded = alice.post(&at(&old, "upgrade"), json!({ "new_version": "12" })).await.ok();
    let new = upgraded["replacement_room"].as_str().unwrap();
    let create = state(&alice, new, "m.room.create").await;
    assert_eq!(create["room_version"], "12");
    assert_eq!(create["predecessor"]["room_id"], old.as_str());
    assert_eq!(state(&alice, &old, "m.room.tombstone").await["replacement_room"], new);
    assert_eq!(state(&alice, new, "m.room.name").await["name"], "Forum");
    assert_eq!(state(&alice, new, "m.room.topic").await["topic"], "All");
    assert_eq!(state(&alice, new, "m.room.join_rules").await["join_rule"], "public");
    let levels = state(&alice, new, "m.room.power_levels").await;
    assert_eq!(levels["users"], json!({ &bob.user_id: 50 }));
    assert_eq!(levels["events"]["m.room.tombstone"], 150);
    let troll = at(new, "state/m.room.member/@troll:chappe.example");
    let banned = json!({ "membership": "ban", "reason": "noise" });
    assert_eq!(alice.get(&troll).await.ok(), banned);
    let alias = "/_matrix/client/v3/directory/room/%23forum:chappe.example";
    assert_eq!(bob.get(alias).await.ok()["room_id"], new);
    let names = state(&alice, new, "m.room.canonical_alias").await;
    assert_eq!(names["alias"], "#forum:chappe.example");
    let listed = format!("/_matrix/client/v3/directory/list/room/{new}");
    assert_eq!(bob.get(&listed).await.ok()["visibility"], "public");
    bob.joins(&old).await;
    let message = json!({ "msgtype": "m.text", "body": "anybody?" });
    let old_levels = state(&bob, &old, "m.room.power_levels").await;
    assert_eq!((&old_levels["events_default"], &old_levels["invite"]), (&json!(50), &json!(50)));
    bob.put(&at(&old, "send/m.room.message/1"), message).await.ok();
}

#[tokio::test]
async fn a_room_is_replaced_by_who_may_close_it_alone_and_by_a_known_version_only() {
    let server = Server::start().await;
    let (alice, bob) = (server.register("alice").await, server.register("bob").await);
    let room = alice.creates_room(json!({})).await;
    alice.brings(&bob, &room).await;
    let upgrade = at(&room, "upgrade");
    bob.post(&upgrade, json!({ "new_version": "12" })).await.refused(403, "M_FORBIDDEN");
    let unknown = alice.post(&upgrade, json!({ "new_version": "99" })).await;
    unknown.refused(400, "M_UNSUPPORTED_ROOM_VERSION");
    assert_eq!(state(&alice, &room, "m.room.tombstone").await, Value::Null);
    let joined = alice.get("/_matrix/client/v3/joined_rooms").await.ok();
    assert_eq!(joined["joined_rooms"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_restart_keeps_rooms_as_they_were() {
    let mut server = Server::start().await;
    let (alice, bob) = (server.register("alice").await, server.register("bob").await);
    let room = alice.creates_room(json!({ "name": "Kept", "room_alias_name": "kept" })).await;
    alice.brings(&bob, &room).await;
    alice.says(&room, "word").await;
    let before = alice.get(&at(&room, "state")).await.ok();
    let told = history(&alice, &room).await;
    server.restart().await;
    let alice = server.again(&alice);
    let after = alice.get(&at(&room, "state")).await.ok();
    let ids = |state: &Value| -> Vec<String> {
        state.as_array().unwrap().iter().map(|event| event["event_id"].to_string()).collect()
    };
    assert_eq!(ids(&before), ids(&after));
    assert_eq!(told, history(&alice, &room).await);
    alice.says(&room, "another").await;
    assert_eq!(history(&alice, &room).await.len(), told.len() + 1);
}
