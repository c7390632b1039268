//! Profiles, and finding people by their name.

use serde_json::{Value, json};

use crate::harness::{Person, Server};

fn path(person: &Person, field: &str) -> String {
    format!("/_matrix/client/v3/profile/{}/{field}", person.user_id)
}

async fn names(person: &Person, name: &str) {
    person.put(&path(person, "displayname"), json!({ "displayname": name })).await.ok();
}

async fn found(person: &Person, term: &str) -> Vec<Value> {
    let path = "/_matrix/client/v3/user_directory/search";
    let answer = person.post(path, json!({ "search_term": term })).await.ok();
    answer["results"].as_array().unwrap().clone()
}

#[tokio::test]
async fn anybody_may_read_a_profile() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    names(&alice, "Alice Martin").await;
    let avatar = json!({ "avatar_url": "mxc://chappe.example/abc" });
    alice.put(&path(&alice, "avatar_url"), avatar.clone()).await.ok();
    let profile = server.http.get(path(&alice, "").trim_end_matches('/')).await.ok();
    let whole = json!({ "displayname": "Alice Martin", "avatar_url": "mxc://chappe.example/abc" });
    assert_eq!(profile, whole);
    assert_eq!(server.http.get(&path(&alice, "avatar_url")).await.ok(), avatar);
    let missing = server.http.get(&path(&alice, "m.tz")).await;
    missing.refused(404, "M_NOT_FOUND");
    let nobody = server.http.get("/_matrix/client/v3/profile/@nobody:chappe.example").await;
    nobody.refused(404, "M_NOT_FOUND");
}

#[tokio::test]
async fn a_profile_is_its_own_persons_to_change() {
    let server = Server::start().await;
    let (alice, mallory) = (server.register("alice").await, server.register("mallory").await);
    names(&alice, "Alice").await;
    let field = path(&alice, "displayname");
    let changed = mallory.put(&field, json!({ "displayname": "Nobody" })).await;
    changed.refused(403, "M_FORBIDDEN");
    mallory.delete(&field).await.refused(403, "M_FORBIDDEN");
    assert_eq!(alice.get(&field).await.ok()["displayname"], "Alice");
}

#[tokio::test]
async fn other_fields_are_kept_as_they_are_and_deleted() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    let field = path(&alice, "org.example.languages");
    let value = json!({ "org.example.languages": ["fr", { "level": 2 }, null] });
    alice.put(&field, value.clone()).await.ok();
    assert_eq!(alice.get(&field).await.ok(), value);
    alice.delete(&field).await.ok();
    alice.delete(&field).await.ok();
    alice.get(&field).await.refused(404, "M_NOT_FOUND");
}

#[tokio::test]
async fn what_does_not_fit_in_a_profile_is_refused() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    let long = "k".repeat(256);
    let large = "x".repeat(70_000);
    for (field, body, errcode) in [
        (long.as_str(), json!({ long.as_str(): 1 }), "M_KEY_TOO_LARGE"),
        ("org.example.a", json!({ "org.example.a": large }), "M_PROFILE_TOO_LARGE"),
        ("displayname", json!({ "displayname": 7 }), "M_INVALID_PARAM"),
        ("displayname", json!({ "other": "x" }), "M_MISSING_PARAM"),
        ("displayname", json!(["displayname"]), "M_BAD_JSON"),
        ("avatar_url", json!({ "avatar_url": "https://a.example/b" }), "M_INVALID_PARAM"),
    ] {
        alice.put(&path(&alice, field), body).await.refused(400, errcode);
    }
}

#[tokio::test]
async fn a_new_name_is_shown_in_the_persons_rooms() {
    let server = Server::start().await;
    let (alice, bob) = (server.register("alice").await, server.register("bob").await);
    let room = bob.creates_room(json!({ "preset": "private_chat" })).await;
    bob.brings(&alice, &room).await;
    names(&alice, "Alice Martin").await;
    let member = format!("/_matrix/client/v3/rooms/{room}/state/m.room.member/{}", alice.user_id);
    assert_eq!(bob.get(&member).await.ok()["displayname"], "Alice Martin");
    alice.delete(&path(&alice, "displayname")).await.ok();
    assert!(bob.get(&member).await.ok().get("displayname").is_none());
}

#[tokio::test]
async fn people_are_found_without_case_and_accents() {
    let mut server = Server::start().await;
    let (alice, bob) = (server.register("alice").await, server.register("bob").await);
    names(&alice, "Éloïse Müller").await;
    let people = found(&bob, "muller elo").await;
    assert_eq!(people.len(), 1);
    assert_eq!(people[0]["user_id"], alice.user_id.as_str());
    assert_eq!(people[0]["display_name"], "Éloïse Müller");
    server.restart().await;
    assert_eq!(found(&server.again(&bob), "ELOISE").await, people);
    assert!(found(&server.again(&bob), "nobody").await.is_empty());
}

#[tokio::test]
async fn names_do_not_lie_readable_on_the_disk() {
    let mut server = Server::start().await;
    let alice = server.register("alice").await;
    names(&alice, "Marguerite Yourcenar").await;
    server.stop().await;
    assert!(server.files_with(b"Yourcenar").is_empty());
}
