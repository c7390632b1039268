//! Names by which rooms are found, and the public directory.

use serde_json::{Value, json};

use crate::harness::{Person, Server};
use crate::rooms::at;

fn alias(name: &str) -> String {
    format!("/_matrix/client/v3/directory/room/%23{name}:chappe.example")
}

fn listing(room: &str) -> String {
    format!("/_matrix/client/v3/directory/list/room/{room}")
}

#[tokio::test]
async fn an_alias_leads_to_its_room_until_it_is_taken_back() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    let room = alice.creates_room(json!({})).await;
    alice.put(&alias("café"), json!({ "room_id": room })).await.ok();
    let found = server.http.get(&alias("café")).await.ok();
    assert_eq!(found, json!({ "room_id": room, "servers": ["chappe.example"] }));
    let known = alice.get(&at(&room, "aliases")).await.ok();
    assert_eq!(known, json!({ "aliases": ["#café:chappe.example"] }));
    alice.delete(&alias("café")).await.ok();
    alice.get(&alias("café")).await.refused(404, "M_NOT_FOUND");
    alice.delete(&alias("café")).await.refused(404, "M_NOT_FOUND");
    assert_eq!(alice.get(&at(&room, "aliases")).await.ok(), json!({ "aliases": [] }));
}

#[tokio::test]
async fn an_alias_is_given_once() {
    let server = Server::start().await;
    let (alice, bob) = (server.register("alice").await, server.register("bob").await);
    let room = alice.creates_room(json!({ "room_alias_name": "taken" })).await;
    let other = bob.creates_room(json!({})).await;
    let again = bob.put(&alias("taken"), json!({ "room_id": other })).await;
    again.refused(409, "M_UNKNOWN");
    let created =
        bob.post("/_matrix/client/v3/createRoom", json!({ "room_alias_name": "taken" })).await;
    created.refused(400, "M_ROOM_IN_USE");
    assert_eq!(alice.get(&alias("taken")).await.ok()["room_id"], room.as_str());
    let names = alice.get(&at(&room, "state/m.room.canonical_alias")).await.ok();
    assert_eq!(names["alias"], "#taken:chappe.example");
}

#[tokio::test]
async fn aliases_are_given_and_taken_back_by_members_who_may() {
    let server = Server::start().await;
    let (alice, bob) = (server.register("alice").await, server.register("bob").await);
    let eve = server.register("eve").await;
    let room = alice.creates_room(json!({ "room_alias_name": "main" })).await;
    alice.brings(&bob, &room).await;
    eve.put(&alias("hers"), json!({ "room_id": room })).await.refused(403, "M_FORBIDDEN");
    eve.get(&at(&room, "aliases")).await.refused(403, "M_FORBIDDEN");
    for person in [&bob, &eve] {
        person.delete(&alias("main")).await.refused(403, "M_FORBIDDEN");
    }
    bob.put(&alias("his"), json!({ "room_id": room })).await.ok();
    alice.delete(&alias("his")).await.ok();
    bob.put(&alias("again"), json!({ "room_id": room })).await.ok();
    bob.delete(&alias("again")).await.ok();
    let unknown = json!({ "room_id": "!none:chappe.example" });
    alice.put(&alias("x"), unknown).await.refused(403, "M_FORBIDDEN");
    let foreign = "/_matrix/client/v3/directory/room/%23x:elsewhere.example";
    alice.put(foreign, json!({ "room_id": room })).await.refused(400, "M_INVALID_PARAM");
    alice.get(foreign).await.refused(404, "M_NOT_FOUND");
    let malformed = "/_matrix/client/v3/directory/room/nothing";
    alice.get(malformed).await.refused(400, "M_INVALID_PARAM");
}

#[tokio::test]
async fn a_room_goes_by_aliases_that_lead_to_it() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    let room = alice.creates_room(json!({ "room_alias_name": "mine" })).await;
    alice.creates_room(json!({ "room_alias_name": "other" })).await;
    let path = at(&room, "state/m.room.canonical_alias");
    let table = [
        (json!({ "alias": "#other:chappe.example" }), "M_BAD_ALIAS"),
        (json!({ "alias": "#none:chappe.example" }), "M_BAD_ALIAS"),
        (json!({ "alt_aliases": ["#none:chappe.example"] }), "M_BAD_ALIAS"),
        (json!({ "alias": "mine" }), "M_INVALID_PARAM"),
        (json!({ "alt_aliases": ["#"] }), "M_INVALID_PARAM"),
    ];
    for (content, errcode) in table {
        alice.put(&path, content).await.refused(400, errcode);
    }
    alice.delete(&alias("mine")).await.ok();
    let kept = json!({ "alias": "#mine:chappe.example", "alt_aliases": [] });
    alice.put(&path, kept).await.ok();
    alice.put(&path, json!({})).await.ok();
    let back = json!({ "alias": "#mine:chappe.example" });
    alice.put(&path, back).await.refused(400, "M_BAD_ALIAS");
}

#[tokio::test]
async fn aliases_and_the_directory_survive_a_restart_and_are_no_words_on_disk() {
    let mut server = Server::start().await;
    let alice = server.register("alice").await;
    let request = json!({ "room_alias_name": "telegraphe", "visibility": "public" });
    let room = alice.creates_room(request).await;
    server.restart().await;
    let alice = server.again(&alice);
    assert_eq!(alice.get(&alias("telegraphe")).await.ok()["room_id"], room.as_str());
    let known = alice.get(&at(&room, "aliases")).await.ok();
    assert_eq!(known["aliases"], json!(["#telegraphe:chappe.example"]));
    assert_eq!(alice.get(&listing(&room)).await.ok()["visibility"], "public");
    server.stop().await;
    assert!(server.files_with(b"#telegraphe").is_empty());
}

async fn names(person: &Person, query: Value) -> Vec<String> {
    let page = person.post("/_matrix/client/v3/publicRooms", query).await.ok();
    let rooms = page["chunk"].as_array().unwrap();
    rooms.iter().map(|room| room["name"].as_str().unwrap_or("-").to_owned()).collect()
}

#[tokio::test]
async fn the_directory_lists_the_rooms_that_were_put_in_it_largest_first() {
    let server = Server::start().await;
    let (alice, bob) = (server.register("alice").await, server.register("bob").await);
    let request = |name: &str| json!({ "preset": "public_chat", "name": name });
    let small = alice.creates_room(request("Small")).await;
    let large = alice.creates_room(request("Large")).await;
    bob.joins(&large).await;
    assert_eq!(names(&bob, json!({})).await, Vec::<String>::new());
    for room in [&small, &large] {
        assert_eq!(alice.get(&listing(room)).await.ok()["visibility"], "private");
        alice.put(&listing(room), json!({ "visibility": "public" })).await.ok();
    }
    assert_eq!(names(&bob, json!({})).await, ["Large", "Small"]);
    let page = bob.get("/_matrix/client/v3/publicRooms").await.ok();
    assert_eq!(page["total_room_count_estimate"], 2);
    let first = &page["chunk"][0];
    assert_eq!(first["room_id"], large.as_str());
    assert_eq!(first["num_joined_members"], 2);
    assert_eq!(
        (&first["world_readable"], &first["guest_can_join"]),
        (&json!(false), &json!(false))
    );
    alice.put(&listing(&large), json!({ "visibility": "private" })).await.ok();
    assert_eq!(names(&bob, json!({})).await, ["Small"]);
}

#[tokio::test]
async fn the_directory_is_for_the_server_s_own_people() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    let room = alice.creates_room(json!({ "visibility": "public", "name": "Forum" })).await;
    let answer = server.http.get("/_matrix/client/v3/publicRooms").await;
    answer.refused(401, "M_MISSING_TOKEN");
    let bob = server.register("bob").await;
    let private = json!({ "visibility": "private" });
    bob.put(&listing(&room), private.clone()).await.refused(403, "M_FORBIDDEN");
    let nowhere = listing("!none:chappe.example");
    bob.get(&nowhere).await.refused(404, "M_NOT_FOUND");
    bob.put(&nowhere, private).await.refused(404, "M_NOT_FOUND");
    let odd = json!({ "visibility": "odd" });
    alice.put(&listing(&room), odd).await.refused(400, "M_INVALID_PARAM");
    let elsewhere = "/_matrix/client/v3/publicRooms?server=elsewhere.example";
    bob.get(elsewhere).await.refused(403, "M_FORBIDDEN");
}

#[tokio::test]
async fn the_directory_is_searched_and_paged() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    for number in 0..5 {
        let name = format!("Forum {number}");
        let topic = if number % 2 == 0 { "Télégraphe" } else { "Other" };
        alice.creates_room(json!({ "visibility": "public", "name": name, "topic": topic })).await;
    }
    let space = json!({
        "visibility": "public", "name": "Space", "creation_content": { "type": "m.space" },
    });
    alice.creates_room(space).await;
    let search = |term: &str| json!({ "filter": { "generic_search_term": term } });
    assert_eq!(names(&alice, search("TÉLÉ")).await.len(), 3);
    assert_eq!(names(&alice, search("forum 3")).await, ["Forum 3"]);
    assert_eq!(names(&alice, search("nothing")).await, Vec::<String>::new());
    let types = |types: Value| json!({ "filter": { "room_types": types } });
    assert_eq!(names(&alice, types(json!(["m.space"]))).await, ["Space"]);
    assert_eq!(names(&alice, types(json!([null]))).await.len(), 5);
    assert_eq!(names(&alice, types(json!([null, "m.space"]))).await.len(), 6);
    let (mut seen, mut since) = (Vec::new(), String::new());
    loop {
        let path = format!("/_matrix/client/v3/publicRooms?limit=4{since}");
        let page = alice.get(&path).await.ok();
        seen.extend(page["chunk"].as_array().unwrap().clone());
        assert_eq!(page.get("prev_batch").is_some(), !since.is_empty());
        let Some(next) = page["next_batch"].as_str() else { break };
        since = format!("&since={next}");
    }
    assert_eq!(seen.len(), 6);
    let bad = alice.get("/_matrix/client/v3/publicRooms?since=x").await;
    bad.refused(400, "M_INVALID_PARAM");
}

#[tokio::test]
async fn who_lists_a_room_without_saying_how_makes_it_public() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    let room = alice.creates_room(json!({ "preset": "public_chat" })).await;
    alice.put(&listing(&room), json!({})).await.ok();
    let listed = alice.get(&listing(&room)).await.ok();
    assert_eq!(listed, json!({ "visibility": "public" }));
}
