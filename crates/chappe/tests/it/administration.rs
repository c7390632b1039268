//! The administration API, and a known tool that uses it.

mod media;
mod people;
mod reports;
mod rooms;
mod synadm;

use http::Method;
use serde_json::{Value, json};

use crate::harness::{ADMINISTRATION, Answer, PASSWORD, Person, Server};

/// A server with an administrator: `@root`, by the configuration.
async fn administered() -> (Server, Person) {
    let server = Server::start_with(ADMINISTRATION).await;
    let chief = server.register_administrator("root").await;
    (server, chief)
}

fn admin(path: &str) -> String {
    format!("/_synapse/admin/{path}")
}

/// Asks without a body where a body could be.
async fn posts_nothing(person: &Person, path: &str) -> Answer {
    person.request(Method::POST, path, "").await
}

/// Asks until an answer says what is awaited: works go on after the answer that began them.
async fn until(person: &Person, path: &str, said: impl Fn(&Value) -> bool) -> Value {
    loop {
        let answer = person.get(path).await.ok();
        if said(&answer) {
            return answer;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn administration_is_for_administrators() {
    let (server, chief) = administered().await;
    let alice = server.register("alice").await;
    let room = alice.creates_room(json!({})).await;
    let media = "chappe.example/abc";
    let table = [
        (Method::GET, "v1/server_version".to_owned()),
        (Method::POST, "v1/send_server_notice".to_owned()),
        (Method::PUT, "v1/send_server_notice/1".to_owned()),
        (Method::GET, "v2/users".to_owned()),
        (Method::GET, format!("v2/users/{}", alice.user_id)),
        (Method::PUT, format!("v2/users/{}", alice.user_id)),
        (Method::POST, format!("v1/deactivate/{}", chief.user_id)),
        (Method::POST, format!("v1/reset_password/{}", chief.user_id)),
        (Method::PUT, format!("v1/users/{}/admin", alice.user_id)),
        (Method::GET, "v1/rooms".to_owned()),
        (Method::GET, format!("v1/rooms/{room}")),
        (Method::GET, format!("v1/rooms/{room}/state")),
        (Method::DELETE, format!("v2/rooms/{room}")),
        (Method::PUT, format!("v1/rooms/{room}/block")),
        (Method::POST, format!("v1/media/quarantine/{media}")),
        (Method::DELETE, format!("v1/media/{media}")),
        (Method::GET, "v1/event_reports".to_owned()),
    ];
    for (method, path) in table {
        let path = admin(&path);
        let refused = alice.request(method.clone(), &path, "{}").await;
        refused.refused(403, "M_FORBIDDEN");
        let refused = server.http.request(method, &path, &[], "{}").await;
        refused.refused(401, "M_MISSING_TOKEN");
    }
    let version = chief.get(&admin("v1/server_version")).await.ok();
    assert!(version["server_version"].as_str().unwrap().starts_with("Chappe "));
    chief.get(&admin("v1/nothing")).await.refused(404, "M_UNRECOGNIZED");
    chief.delete(&admin("v1/server_version")).await.refused(405, "M_UNRECOGNIZED");
    // Nobody signs in as somebody else here.
    let login = admin(&format!("v1/users/{}/login", alice.user_id));
    chief.post(&login, json!({})).await.refused(404, "M_UNRECOGNIZED");
}

#[tokio::test]
async fn what_is_asked_badly_is_refused() {
    let (server, chief) = administered().await;
    let alice = server.register("alice").await;
    let user = |path: &str| admin(&path.replace("ALICE", &alice.user_id));
    let gets = [
        "v2/users?limit=x",
        "v2/users?from=-1",
        "v2/users?order_by=nonsense",
        "v2/users?dir=x",
        "v2/users/alice",
        "v2/users/@alice:elsewhere.example",
        "v1/rooms?order_by=nonsense",
        "v1/rooms?search_term=",
        "v1/rooms/nonsense",
        "v1/event_reports/x",
        "v1/event_reports?dir=x",
        "v1/username_available?username=%C3%A9",
    ];
    for path in gets {
        let answer = chief.get(&admin(path)).await;
        assert_eq!(answer.status, 400, "{path}");
    }
    for path in [
        "v1/rooms/!x:chappe.example",
        "v1/rooms/!x:chappe.example/members",
        "v2/users/@nobody:chappe.example",
        "v1/event_reports/7",
        "v1/purge_history_status/x",
        "v2/rooms/delete_status/x",
        "v2/rooms/!x:chappe.example/delete_status",
        "v1/room/!x:chappe.example/media",
    ] {
        chief.get(&admin(path)).await.refused(404, "M_NOT_FOUND");
    }
    chief.get(&admin("v1/username_available")).await.refused(400, "M_INVALID_PARAM");
    let bodies = [
        ("v1/users/ALICE/admin", json!({}), "M_BAD_JSON"),
        ("v1/users/ALICE/admin", json!({ "admin": 1 }), "M_BAD_JSON"),
        ("v2/users/ALICE", json!({ "displayname": {} }), "M_BAD_JSON"),
        ("v2/users/ALICE", json!({ "avatar_url": "nonsense" }), "M_INVALID_PARAM"),
        ("v2/users/ALICE", json!({ "password": "short" }), "M_WEAK_PASSWORD"),
        ("v2/users/@A:chappe.example", json!({}), "M_INVALID_USERNAME"),
        ("v1/rooms/!x:y/block", json!({}), "M_BAD_JSON"),
    ];
    for (path, body, errcode) in bodies {
        chief.put(&user(path), body).await.refused(400, errcode);
    }
    let reset = user("v1/reset_password/ALICE");
    chief.request(Method::POST, &reset, "{").await.refused(400, "M_NOT_JSON");
    posts_nothing(&chief, &reset).await.refused(400, "M_BAD_JSON");
}

#[tokio::test]
async fn nobody_takes_the_name_of_an_administrator() {
    let server = Server::start_with(ADMINISTRATION).await;
    let register = "/_matrix/client/v3/register";
    let asked = json!({ "username": "root", "password": PASSWORD,
        "auth": { "type": "m.login.dummy" } });
    let available = format!("{register}/available?username=root");
    server.http.get(&available).await.refused(400, "M_USER_IN_USE");
    server.http.post(register, asked.clone()).await.refused(400, "M_USER_IN_USE");
    let chief = server.register_administrator("root").await;
    chief.get(&admin("v1/server_version")).await.ok();
    server.http.post(register, asked).await.refused(400, "M_USER_IN_USE");
}

#[tokio::test]
async fn administrators_open_each_others_accounts() {
    let administrators = "administrators = [\"@second:chappe.example\", ";
    let configuration = ADMINISTRATION.replace("administrators = [", administrators);
    let server = Server::start_with(&configuration).await;
    let chief = server.register_administrator("root").await;
    let path = admin("v2/users/@second:chappe.example");
    assert_eq!(chief.put(&path, json!({ "password": PASSWORD })).await.status, 201);
    let second = server.sign_in("second").await;
    second.get(&admin("v1/server_version")).await.ok();
}
