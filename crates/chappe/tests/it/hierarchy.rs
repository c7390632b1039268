//! Spaces: which rooms are found through one, by whom, in which order, page by page.

use serde_json::{Value, json};

use crate::harness::{Person, Server};
use crate::rooms::at;

/// Makes a space, open to everybody unless the request says otherwise.
async fn space(person: &Person, request: Value) -> String {
    let mut whole = json!({
        "preset": "public_chat", "creation_content": { "type": "m.space" },
    });
    whole.as_object_mut().unwrap().extend(request.as_object().unwrap().clone());
    person.creates_room(whole).await
}

async fn room(person: &Person, name: &str) -> String {
    person.creates_room(json!({ "preset": "public_chat", "name": name })).await
}

/// Puts a room into a space.
async fn adds(person: &Person, space: &str, child: &str, mut content: Value) {
    if content.get("via").is_none() {
        content["via"] = json!(["chappe.example"]);
    }
    let path = at(space, &format!("state/m.space.child/{child}"));
    person.put(&path, content).await.ok();
}

fn path(space: &str, query: &str) -> String {
    format!("/_matrix/client/v1/rooms/{space}/hierarchy{query}")
}

fn ids(answer: &Value) -> Vec<String> {
    let rooms = answer["rooms"].as_array().unwrap();
    rooms.iter().map(|room| room["room_id"].as_str().unwrap().to_owned()).collect()
}

async fn found(person: &Person, space: &str, query: &str) -> Vec<String> {
    ids(&person.get(&path(space, query)).await.ok())
}

#[tokio::test]
async fn a_space_is_walked_depth_first_in_the_order_of_its_children() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    let top = space(&alice, json!({ "name": "Top" })).await;
    let inner = space(&alice, json!({ "name": "Inner" })).await;
    let (first, second, third) =
        (room(&alice, "1").await, room(&alice, "2").await, room(&alice, "3").await);
    let deep = room(&alice, "deep").await;
    // In another order than the one that is to come out.
    adds(&alice, &top, &third, json!({ "order": "é" })).await;
    adds(&alice, &top, &second, json!({ "order": "b", "suggested": true })).await;
    adds(&alice, &top, &inner, json!({ "order": "aa" })).await;
    adds(&alice, &top, &first, json!({ "order": "a" })).await;
    adds(&alice, &inner, &deep, json!({})).await;
    // A space in itself, and one that holds what holds it.
    adds(&alice, &inner, &top, json!({})).await;
    adds(&alice, &inner, &inner, json!({})).await;

    let bob = server.register("bob").await;
    let whole = [&top, &first, &inner, &deep, &second, &third].map(String::clone);
    assert_eq!(found(&bob, &top, "").await, whole);
    let above = [&top, &first, &inner, &second, &third].map(String::clone);
    assert_eq!(found(&bob, &top, "?max_depth=1").await, above);
    assert_eq!(found(&bob, &top, "?max_depth=0").await, std::slice::from_ref(&top));
    let suggested = [top.clone(), second.clone()];
    assert_eq!(found(&bob, &top, "?suggested_only=true").await, suggested);

    let answer = bob.get(&path(&top, "")).await.ok();
    let shown = &answer["rooms"][0];
    assert_eq!(shown["name"], "Top");
    assert_eq!(shown["room_type"], "m.space");
    // A rule that is not named is "public" (specification, `RoomSummary`).
    assert_eq!(shown.get("join_rule"), None);
    assert_eq!(shown["num_joined_members"], 1);
    let child = &shown["children_state"][0];
    assert_eq!(child["state_key"], json!(first));
    assert_eq!(child["type"], "m.space.child");
    assert_eq!(child["sender"], json!(alice.user_id));
    assert_eq!(child["content"], json!({ "order": "a", "via": ["chappe.example"] }));
    assert!(child["origin_server_ts"].is_u64());
    assert!(child.get("event_id").is_none() && child.get("unsigned").is_none());
    assert_eq!(answer["rooms"][1]["children_state"], json!([]), "a room is no space");
    assert!(answer.get("next_batch").is_none());
}

#[tokio::test]
async fn pages_join_into_the_whole_and_keep_to_what_was_asked() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    let top = space(&alice, json!({})).await;
    let inner = space(&alice, json!({})).await;
    adds(&alice, &top, &inner, json!({ "order": "m" })).await;
    for (order, within) in [("a", &top), ("b", &top), ("a", &inner), ("b", &inner), ("z", &top)] {
        let room = room(&alice, order).await;
        adds(&alice, within, &room, json!({ "order": order })).await;
    }
    let whole = found(&alice, &top, "").await;
    assert_eq!(whole.len(), 7);
    for limit in [1, 2, 3, 6, 7, 100, 10_000] {
        let mut pages = Vec::new();
        let mut query = format!("?limit={limit}");
        loop {
            let page = alice.get(&path(&top, &query)).await.ok();
            assert!(ids(&page).len() <= limit && !ids(&page).is_empty());
            pages.extend(ids(&page));
            let Some(next) = page["next_batch"].as_str() else { break };
            query = format!("?limit={limit}&from={next}");
        }
        assert_eq!(pages, whole, "limit {limit}");
    }

    let page = alice.get(&path(&top, "?limit=2&max_depth=5")).await.ok();
    let next = page["next_batch"].as_str().unwrap();
    for query in [
        format!("?from={next}"),
        format!("?from={next}&max_depth=4"),
        format!("?from={next}&max_depth=5&suggested_only=true"),
        "?from=nonsense".to_owned(),
        format!("?from={}", "A".repeat(5000)),
        "?limit=0".to_owned(),
        "?limit=-1".to_owned(),
        "?max_depth=x".to_owned(),
    ] {
        alice.get(&path(&top, &query)).await.refused(400, "M_INVALID_PARAM");
    }
    let other = path(&inner, &format!("?from={next}&max_depth=5"));
    alice.get(&other).await.refused(400, "M_INVALID_PARAM");

    // The room that a page ended with leaves the space: the next page goes on all the same.
    let last = ids(&page)[1].clone();
    alice.put(&at(&top, &format!("state/m.space.child/{last}")), json!({})).await.ok();
    let rest = found(&alice, &top, &format!("?from={next}&max_depth=5")).await;
    assert_eq!(rest, whole[3..]);
}

#[tokio::test]
async fn rooms_are_found_by_whom_they_let_in_and_by_nobody_else() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    let bob = server.register("bob").await;
    let carol = server.register("carol").await;
    let top = space(&alice, json!({})).await;
    let secret = alice.creates_room(json!({ "name": "Secret" })).await;
    let rule = json!({
        "join_rule": "restricted", "allow": [{ "type": "m.room_membership", "room_id": top }],
    });
    let state = |rule: &Value| json!([{ "type": "m.room.join_rules", "content": rule }]);
    let members = alice.creates_room(json!({ "initial_state": state(&rule) })).await;
    let knock = json!({ "join_rule": "knock" });
    let knocked = alice.creates_room(json!({ "initial_state": state(&knock) })).await;
    // A version that does not know the rule lets nobody in by it.
    let old = json!({ "room_version": "6", "initial_state": state(&knock) });
    let old = alice.creates_room(old).await;
    let invited = alice.creates_room(json!({ "invite": [bob.user_id] })).await;
    let without_via = room(&alice, "no via").await;
    for (order, child) in [&secret, &members, &knocked, &old, &invited].into_iter().enumerate() {
        adds(&alice, &top, child, json!({ "order": order.to_string() })).await;
    }
    adds(&alice, &top, &without_via, json!({ "via": [] })).await;
    adds(&alice, &top, "!elsewhere:other.example", json!({})).await;

    let all = [&top, &secret, &members, &knocked, &old, &invited].map(String::clone);
    assert_eq!(found(&alice, &top, "").await, all);
    assert_eq!(found(&bob, &top, "").await, [&top, &knocked, &invited].map(String::clone));
    assert_eq!(found(&carol, &top, "").await, [&top, &knocked].map(String::clone));
    carol.joins(&top).await;
    assert_eq!(found(&carol, &top, "").await, [&top, &members, &knocked].map(String::clone));
    let answer = carol.get(&path(&top, "")).await.ok();
    assert_eq!(answer["rooms"][1]["join_rule"], "restricted");
    assert_eq!(answer["rooms"][1]["allowed_room_ids"], json!([top]));

    bob.get(&path(&secret, "")).await.refused(403, "M_FORBIDDEN");
    bob.get(&path("!nowhere:chappe.example", "")).await.refused(403, "M_FORBIDDEN");
    let ban = json!({ "user_id": carol.user_id });
    alice.post(&at(&top, "ban"), ban).await.ok();
    carol.get(&path(&top, "")).await.refused(403, "M_FORBIDDEN");
    server.http.get(&path(&top, "")).await.refused(401, "M_MISSING_TOKEN");
}

#[tokio::test]
async fn a_summary_says_what_a_room_is_and_how_one_stands_to_it() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    let bob = server.register("bob").await;
    let top = space(&alice, json!({ "name": "Top" })).await;
    let rule = json!({
        "join_rule": "restricted", "allow": [{ "type": "m.room_membership", "room_id": top }],
    });
    let state = json!([{ "type": "m.room.join_rules", "content": rule }]);
    let room = alice.creates_room(json!({ "name": "R", "initial_state": state })).await;
    let summary = format!("/_matrix/client/v1/room_summary/{room}");

    bob.get(&summary).await.refused(404, "M_NOT_FOUND");
    bob.joins(&top).await;
    let shown = bob.get(&summary).await.ok();
    let expected = json!({
        "room_id": room, "name": "R", "join_rule": "restricted", "allowed_room_ids": [top],
        "num_joined_members": 1, "world_readable": false, "guest_can_join": true,
        "encryption": "m.megolm.v1.aes-sha2", "room_version": "12", "membership": "leave",
    });
    assert_eq!(shown, expected);
    let shown = alice.get(&summary).await.ok();
    assert_eq!(shown["membership"], "join");
    let invite = json!({ "user_id": bob.user_id });
    alice.post(&at(&room, "invite"), invite).await.ok();
    assert_eq!(bob.get(&summary).await.ok()["membership"], "invite");
    let of_space = format!("/_matrix/client/v1/room_summary/{top}");
    assert_eq!(bob.get(&of_space).await.ok()["room_type"], "m.space");
    alice.post(&at(&top, "ban"), json!({ "user_id": bob.user_id })).await.ok();
    bob.get(&of_space).await.refused(404, "M_NOT_FOUND");
}
