//! Sessions: listed, named, refreshed, ended.

use http::Method;
use serde_json::{Value, json};

use crate::harness::{PASSWORD, Person, Server};

const WHOAMI: &str = "/_matrix/client/v3/account/whoami";
const DEVICES: &str = "/_matrix/client/v3/devices";
const LOGIN: &str = "/_matrix/client/v3/login";

/// Sign-in of Alice, with further keys.
fn sign_in(more: &Value) -> Value {
    let mut request = json!({
        "type": "m.login.password", "password": PASSWORD,
        "identifier": { "type": "m.id.user", "user": "alice" },
    });
    for (key, value) in more.as_object().unwrap() {
        request[key] = value.clone();
    }
    request
}

/// The password of a person, in the session of a challenge.
fn proof(person: &Person, challenge: &Value) -> Value {
    json!({
        "type": "m.login.password", "password": PASSWORD, "session": challenge["session"],
        "identifier": { "type": "m.id.user", "user": person.user_id },
    })
}

async fn names(person: &Person) -> Vec<Value> {
    let list = person.get(DEVICES).await.ok();
    let devices = list["devices"].as_array().unwrap();
    devices.iter().map(|device| device["device_id"].clone()).collect()
}

#[tokio::test]
async fn a_token_tells_whose_it_is() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    let who = alice.get(WHOAMI).await.ok();
    assert_eq!(who["user_id"], alice.user_id.as_str());
    assert_eq!(who["device_id"], alice.device_id.as_str());
    server.http.get(WHOAMI).await.refused(401, "M_MISSING_TOKEN");
    let stranger = Person { token: "chappe_access_nonsense".to_owned(), ..alice };
    let refused = stranger.get(WHOAMI).await.refused(401, "M_UNKNOWN_TOKEN");
    assert_ne!(refused["soft_logout"], true);
}

#[tokio::test]
async fn signing_out_ends_one_session_or_all() {
    let server = Server::start().await;
    let phone = server.register("alice").await;
    let (laptop, tablet) = (server.sign_in("alice").await, server.sign_in("alice").await);
    phone.post("/_matrix/client/v3/logout", json!({})).await.ok();
    phone.get(WHOAMI).await.refused(401, "M_UNKNOWN_TOKEN");
    assert_eq!(names(&laptop).await.len(), 2);
    laptop.post("/_matrix/client/v3/logout/all", json!({})).await.ok();
    for person in [&laptop, &tablet] {
        person.get(WHOAMI).await.refused(401, "M_UNKNOWN_TOKEN");
    }
    server.sign_in("alice").await.get(WHOAMI).await.ok();
}

#[tokio::test]
async fn a_session_that_ended_stays_ended_after_a_restart() {
    let mut server = Server::start().await;
    let phone = server.register("alice").await;
    let laptop = server.sign_in("alice").await;
    phone.post("/_matrix/client/v3/logout", json!({})).await.ok();
    server.restart().await;
    server.again(&phone).get(WHOAMI).await.refused(401, "M_UNKNOWN_TOKEN");
    server.again(&laptop).get(WHOAMI).await.ok();
}

#[tokio::test]
async fn signing_in_on_a_known_device_carries_it_on() {
    let server = Server::start().await;
    let first = server.register("alice").await;
    let request = sign_in(&json!({ "device_id": first.device_id }));
    let second = server.http.post(LOGIN, request).await.ok();
    assert_eq!(second["device_id"], first.device_id.as_str());
    first.get(WHOAMI).await.refused(401, "M_UNKNOWN_TOKEN");
    let second = Person::of(server.http.clone(), &second);
    assert_eq!(names(&second).await, [first.device_id.as_str()]);
}

#[tokio::test]
async fn sessions_are_listed_and_named() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    let request = sign_in(&json!({ "initial_device_display_name": "Kitchen" }));
    let kitchen = server.http.post(LOGIN, request).await.ok();
    let path = format!("{DEVICES}/{}", kitchen["device_id"].as_str().unwrap());
    let device = alice.get(&path).await.ok();
    assert_eq!(device["display_name"], "Kitchen");
    assert_eq!(device["last_seen_ip"], Value::Null);
    alice.put(&path, json!({ "display_name": "Hall" })).await.ok();
    alice.put(&path, json!({})).await.ok();
    assert_eq!(alice.get(&path).await.ok()["display_name"], "Hall");
    let own = alice.get(&format!("{DEVICES}/{}", alice.device_id)).await.ok();
    assert!(own["last_seen_ts"].is_u64());
    let bob = server.register("bob").await;
    bob.get(&path).await.refused(404, "M_NOT_FOUND");
    bob.put(&path, json!({ "display_name": "Mine" })).await.refused(404, "M_NOT_FOUND");
    assert_eq!(names(&bob).await.len(), 1);
}

#[tokio::test]
async fn ending_another_session_takes_the_password() {
    let server = Server::start().await;
    let (phone, laptop) = (server.register("alice").await, server.sign_in("alice").await);
    let path = format!("{DEVICES}/{}", laptop.device_id);
    let challenge = phone.delete(&path).await;
    assert_eq!(challenge.status, 401);
    laptop.get(WHOAMI).await.ok();
    let body = json!({ "auth": proof(&phone, &challenge.body) }).to_string();
    phone.request(Method::DELETE, &path, body).await.ok();
    laptop.get(WHOAMI).await.refused(401, "M_UNKNOWN_TOKEN");
    phone.get(WHOAMI).await.ok();
}

#[tokio::test]
async fn a_proof_given_for_one_session_ends_no_other() {
    let server = Server::start().await;
    let phone = server.register("alice").await;
    let (laptop, tablet) = (server.sign_in("alice").await, server.sign_in("alice").await);
    let path = "/_matrix/client/v3/delete_devices";
    let request = json!({ "devices": [laptop.device_id] });
    let challenge = phone.post(path, request.clone()).await;
    let auth = proof(&phone, &challenge.body);
    let other = json!({ "devices": [tablet.device_id], "auth": auth });
    phone.post(path, other).await.refused(401, "M_FORBIDDEN");
    tablet.get(WHOAMI).await.ok();
    let same = json!({ "devices": [laptop.device_id], "auth": auth });
    phone.post(path, same).await.ok();
    laptop.get(WHOAMI).await.refused(401, "M_UNKNOWN_TOKEN");
    assert_eq!(names(&phone).await.len(), 2);
}

#[tokio::test]
async fn a_stranger_cannot_end_a_session() {
    let server = Server::start().await;
    let (alice, mallory) = (server.register("alice").await, server.register("mallory").await);
    let path = format!("{DEVICES}/{}", alice.device_id);
    let challenge = mallory.delete(&path).await;
    let body = json!({ "auth": proof(&mallory, &challenge.body) }).to_string();
    mallory.request(Method::DELETE, &path, body).await.ok();
    alice.get(WHOAMI).await.ok();
}

#[tokio::test]
async fn tokens_are_refreshed() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    assert_eq!(alice.get(WHOAMI).await.status, 200);
    let first = server.http.post(LOGIN, sign_in(&json!({ "refresh_token": true }))).await.ok();
    assert!(first["expires_in_ms"].as_u64().unwrap() > 0);
    let path = "/_matrix/client/v3/refresh";
    let request = json!({ "refresh_token": first["refresh_token"] });
    let second = server.http.post(path, request.clone()).await.ok();
    let with = |tokens: &Value| {
        let token = tokens["access_token"].as_str().unwrap().to_owned();
        Person { token, ..alice.clone() }
    };
    with(&first).get(WHOAMI).await.ok();
    with(&second).get(WHOAMI).await.ok();
    with(&first).get(WHOAMI).await.refused(401, "M_UNKNOWN_TOKEN");
    server.http.post(path, request).await.refused(401, "M_UNKNOWN_TOKEN");
    server.http.post(path, json!({})).await.refused(400, "M_BAD_JSON");
}

#[tokio::test]
async fn a_signed_in_device_lets_another_in_once() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    let path = "/_matrix/client/v1/login/get_token";
    let challenge = alice.post(path, json!({})).await;
    let confirmed = json!({ "auth": proof(&alice, &challenge.body) });
    let token = alice.post(path, confirmed).await.ok();
    let request = json!({ "type": "m.login.token", "token": token["login_token"] });
    let session = server.http.post(LOGIN, request.clone()).await.ok();
    assert_eq!(session["user_id"], alice.user_id.as_str());
    server.http.post(LOGIN, request).await.refused(403, "M_FORBIDDEN");
}
