//! People, as an administrator sees and changes them.

use serde_json::{Value, json};

use super::{admin, administered, posts_nothing};
use crate::harness::{PASSWORD, Person, Server};

fn names(answer: &Value) -> Vec<&str> {
    let users = answer["users"].as_array().unwrap();
    users.iter().map(|user| user["name"].as_str().unwrap()).collect()
}

async fn signs_in(server: &Server, name: &str, password: &str) -> u16 {
    let request = json!({
        "type": "m.login.password", "password": password,
        "identifier": { "type": "m.id.user", "user": name },
    });
    server.http.post("/_matrix/client/v3/login", request).await.status
}

fn of(person: &Person, path: &str) -> String {
    admin(&path.replace("USER", &person.user_id))
}

#[tokio::test]
async fn accounts_are_listed_by_what_is_asked_for() {
    let (server, chief) = administered().await;
    let bob = server.register("bob").await;
    let alice = server.register("alice").await;
    let path = format!("/_matrix/client/v3/profile/{}/displayname", alice.user_id);
    alice.put(&path, json!({ "displayname": "Zoé" })).await.ok();
    chief.post(&of(&bob, "v1/deactivate/USER"), json!({})).await.ok();
    let (a, b, r) = ("@alice:chappe.example", "@bob:chappe.example", "@root:chappe.example");
    let table: [(&str, &[&str]); 11] = [
        ("", &[a, r]),
        ("?deactivated=true", &[a, b, r]),
        ("?deactivated=true&dir=b", &[r, b, a]),
        ("?deactivated=true&limit=1&from=1", &[b]),
        ("?limit=0", &[]),
        ("?name=zo%C3%A9", &[a]),
        ("?name=ALI", &[a]),
        ("?user_id=root", &[r]),
        ("?admins=true", &[r]),
        ("?order_by=displayname&dir=b", &[a, r]),
        ("?order_by=creation_ts", &[r, a]),
    ];
    for (query, expected) in table {
        let listed = chief.get(&admin(&format!("v2/users{query}"))).await.ok();
        assert_eq!(names(&listed), expected, "{query}");
    }
    let page = chief.get(&admin("v2/users?limit=1")).await.ok();
    assert_eq!((&page["total"], &page["next_token"]), (&json!(2), &json!("1")));
    let last = chief.get(&admin("v2/users?limit=1&from=1")).await.ok();
    assert_eq!(last.get("next_token"), None);

    let details = chief.get(&of(&alice, "v2/users/USER")).await.ok();
    assert_eq!(details["displayname"], "Zoé");
    assert_eq!((&details["admin"], &details["deactivated"]), (&json!(false), &json!(false)));
    assert!(details["creation_ts"].as_u64().unwrap() > 1_600_000_000);
    let closed = chief.get(&of(&bob, "v2/users/USER")).await.ok();
    assert_eq!((&closed["deactivated"], &closed["erased"]), (&json!(true), &json!(false)));
}

#[tokio::test]
async fn an_account_is_opened_and_changed() {
    let (server, chief) = administered().await;
    let carol = admin("v2/users/@carol:chappe.example");
    let new = json!({ "password": PASSWORD, "displayname": "Carol", "admin": true });
    let made = chief.put(&carol, new).await;
    assert_eq!(made.status, 201);
    assert_eq!((&made.body["displayname"], &made.body["admin"]), (&json!("Carol"), &json!(true)));
    let person = server.sign_in("carol").await;
    person.get(&admin("v1/server_version")).await.ok();

    let changed = json!({ "displayname": "Caroline", "admin": false, "locked": true });
    let changed = chief.put(&carol, changed).await;
    assert_eq!(changed.status, 200);
    assert_eq!(changed.body["displayname"], "Caroline");
    person.get(&admin("v1/server_version")).await.refused(401, "M_USER_LOCKED");
    chief.put(&carol, json!({ "locked": false })).await.ok();
    let whoami = "/_matrix/client/v3/account/whoami";
    person.get(whoami).await.ok();
    chief.put(&carol, json!({ "password": "a different one" })).await.ok();
    person.get(whoami).await.refused(401, "M_UNKNOWN_TOKEN");
    assert_eq!(signs_in(&server, "carol", PASSWORD).await, 403);
    assert_eq!(signs_in(&server, "carol", "a different one").await, 200);

    // Without a password nobody signs in.
    let made = chief.put(&admin("v2/users/@dave:chappe.example"), json!({})).await;
    assert_eq!(made.status, 201);
    assert_eq!(signs_in(&server, "dave", "").await, 403);

    chief.put(&carol, json!({ "deactivated": true })).await.ok();
    assert_eq!(signs_in(&server, "carol", "a different one").await, 403);
    chief.put(&carol, json!({ "deactivated": false })).await.refused(400, "M_INVALID_PARAM");
}

#[tokio::test]
async fn power_is_given_and_taken_but_never_given_up() {
    let (server, chief) = administered().await;
    let alice = server.register("alice").await;
    let path = of(&alice, "v1/users/USER/admin");
    assert_eq!(chief.get(&path).await.ok(), json!({ "admin": false }));
    chief.put(&path, json!({ "admin": true })).await.ok();
    assert_eq!(alice.get(&path).await.ok(), json!({ "admin": true }));
    let demoted = alice.put(&path, json!({ "admin": false })).await;
    demoted.refused(400, "M_INVALID_PARAM");
    chief.put(&path, json!({ "admin": false })).await.ok();
    alice.get(&path).await.refused(403, "M_FORBIDDEN");
    let suspend = of(&alice, "v1/suspend/USER");
    chief.put(&suspend, json!({ "suspend": true })).await.ok();
    let create = alice.post("/_matrix/client/v3/createRoom", json!({})).await;
    create.refused(403, "M_USER_SUSPENDED");
    chief.put(&suspend, json!({ "suspend": false })).await.ok();
    alice.creates_room(json!({})).await;
}

#[tokio::test]
async fn sessions_end_one_by_one_or_with_the_password() {
    let (server, chief) = administered().await;
    let alice = server.register("alice").await;
    let second = server.sign_in("alice").await;
    let third = server.sign_in("alice").await;
    let whoami = "/_matrix/client/v3/account/whoami";
    let devices = of(&alice, "v2/users/USER/devices");
    let listed = chief.get(&devices).await.ok();
    assert_eq!(listed["total"], 3);
    let whois = chief.get(&of(&alice, "v1/whois/USER")).await.ok();
    assert!(whois["devices"][&second.device_id].is_object());

    let device = format!("{devices}/{}", second.device_id);
    chief.put(&device, json!({ "display_name": "Old telephone" })).await.ok();
    let named = chief.get(&devices).await.ok();
    let named = named["devices"].as_array().unwrap().iter();
    let named: Vec<_> = named.filter(|device| device["display_name"] == "Old telephone").collect();
    assert_eq!(named.len(), 1);
    chief.delete(&device).await.ok();
    second.get(whoami).await.refused(401, "M_UNKNOWN_TOKEN");
    let several = of(&alice, "v2/users/USER/delete_devices");
    chief.post(&several, json!({ "devices": [third.device_id] })).await.ok();
    third.get(whoami).await.refused(401, "M_UNKNOWN_TOKEN");
    alice.get(whoami).await.ok();

    let reset = of(&alice, "v1/reset_password/USER");
    let kept = json!({ "new_password": "another password", "logout_devices": false });
    chief.post(&reset, kept).await.ok();
    alice.get(whoami).await.refused(401, "M_UNKNOWN_TOKEN");
    assert_eq!(signs_in(&server, "alice", "another password").await, 200);
    assert_eq!(chief.get(&devices).await.ok()["total"], 1);
    let kept = json!({ "password": "yet another one", "logout_devices": false });
    chief.put(&of(&alice, "v2/users/USER"), kept).await.ok();
    assert_eq!(chief.get(&devices).await.ok()["total"], 0);
    assert_eq!(signs_in(&server, "alice", "yet another one").await, 200);
}

#[tokio::test]
async fn a_closed_account_leaves_its_rooms_and_an_erased_one_its_words() {
    let (server, chief) = administered().await;
    let (alice, bob) = (server.register("alice").await, server.register("bob").await);
    let room = alice.creates_room(json!({ "preset": "public_chat" })).await;
    bob.joins(&room).await;
    let said = json!({ "msgtype": "m.text", "body": "gone soon" });
    let event = bob.sends(&room, "m.room.message", "1", said).await;
    let rooms = of(&bob, "v1/users/USER/joined_rooms");
    assert_eq!(chief.get(&rooms).await.ok(), json!({ "joined_rooms": [room], "total": 1 }));

    let answer = chief.post(&of(&bob, "v1/deactivate/USER"), json!({ "erase": true })).await.ok();
    assert_eq!(answer, json!({ "id_server_unbind_result": "success" }));
    chief.get(&rooms).await.refused(404, "M_NOT_FOUND");
    let event = format!("/_matrix/client/v3/rooms/{room}/event/{event}");
    assert_eq!(alice.get(&event).await.ok()["content"], json!({}));
    let members = chief.get(&admin(&format!("v1/rooms/{room}/members"))).await.ok();
    assert_eq!(members, json!({ "members": [alice.user_id], "total": 1 }));
    assert_eq!(chief.get(&of(&bob, "v2/users/USER")).await.ok()["erased"], true);
    posts_nothing(&chief, &of(&bob, "v1/deactivate/USER")).await.refused(404, "M_NOT_FOUND");

    let free = |name: &str| admin(&format!("v1/username_available?username={name}"));
    assert_eq!(chief.get(&free("carol")).await.ok(), json!({ "available": true }));
    chief.get(&free("bob")).await.refused(400, "M_USER_IN_USE");
}
