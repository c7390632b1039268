//! Opening an account, signing in, changing the password, closing the account.

use serde_json::{Value, json};

use crate::harness::{Answer, PASSWORD, Person, Server};

const REGISTER: &str = "/_matrix/client/v3/register";
const LOGIN: &str = "/_matrix/client/v3/login";

/// A sign-in by password.
fn by_password(name: &str, password: &str) -> Value {
    json!({
        "type": "m.login.password", "password": password,
        "identifier": { "type": "m.id.user", "user": name },
    })
}

/// Asks for something twice: unconfirmed, and again with the password.
async fn confirms(person: &Person, path: &str, mut body: Value) -> Answer {
    let challenge = person.post(path, body.clone()).await;
    assert_eq!(challenge.status, 401);
    assert_eq!(challenge.body["flows"], json!([{ "stages": ["m.login.password"] }]));
    body["auth"] = proof(&person.user_id, PASSWORD, &challenge.body);
    person.post(path, body).await
}

/// The password, shown in the session of a challenge.
fn proof(name: &str, password: &str, challenge: &Value) -> Value {
    let mut proof = by_password(name, password);
    proof["session"] = challenge["session"].clone();
    proof
}

#[tokio::test]
async fn registering_takes_a_confirmation_even_of_nothing() {
    let server = Server::start().await;
    let mut request = json!({ "username": "alice", "password": PASSWORD });
    let challenge = server.http.post(REGISTER, request.clone()).await;
    assert_eq!(challenge.status, 401);
    assert_eq!(challenge.body["flows"], json!([{ "stages": ["m.login.dummy"] }]));
    assert_eq!(challenge.body["params"], json!({}));
    assert!(challenge.body.get("errcode").is_none());
    request["auth"] = json!({ "type": "m.login.dummy", "session": challenge.body["session"] });
    let session = server.http.post(REGISTER, request.clone()).await.ok();
    assert_eq!(session["user_id"], "@alice:chappe.example");
    assert!(session["access_token"].is_string() && session["device_id"].is_string());
    let again = server.http.post(REGISTER, request).await;
    again.refused(400, "M_USER_IN_USE");
}

#[tokio::test]
async fn a_confirmation_begun_for_one_registration_is_none_for_another() {
    let server = Server::start().await;
    let request = json!({ "username": "alice", "password": PASSWORD });
    let challenge = server.http.post(REGISTER, request).await;
    let auth = json!({ "type": "m.login.dummy", "session": challenge.body["session"] });
    let other = json!({ "username": "mallory", "password": PASSWORD, "auth": auth });
    let refused = server.http.post(REGISTER, other).await;
    let body = refused.refused(401, "M_FORBIDDEN");
    assert_ne!(body["session"], challenge.body["session"]);
}

#[tokio::test]
async fn who_names_no_user_gets_an_opaque_identifier() {
    let server = Server::start().await;
    let request = json!({
        "password": PASSWORD, "inhibit_login": true, "auth": { "type": "m.login.dummy" },
    });
    let registered = server.http.post(REGISTER, request).await.ok();
    let user = registered["user_id"].as_str().unwrap();
    assert_eq!(user.find(':'), Some(17), "{user}");
    assert!(registered.get("access_token").is_none());
    let login = server.http.post(LOGIN, by_password(user, PASSWORD)).await;
    assert_eq!(login.ok()["user_id"], user);
}

#[tokio::test]
async fn an_old_client_registers_as_it_always_did() {
    let server = Server::start().await;
    let request = json!({
        "username": "alice", "password": PASSWORD, "auth": { "type": "m.login.dummy" },
    });
    for headers in [&[][..], &[("content-type", "text/plain")]] {
        let path = "/_matrix/client/r0/register?kind=user";
        let body = request.to_string();
        let answer = server.http.request(http::Method::POST, path, headers, body).await;
        match headers {
            [] => assert_eq!(answer.ok()["user_id"], "@alice:chappe.example"),
            _ => drop(answer.refused(400, "M_USER_IN_USE")),
        }
    }
}

#[tokio::test]
async fn what_does_not_fit_is_refused_before_any_confirmation() {
    let server = Server::start().await;
    server.register("alice").await;
    for (request, status, errcode) in [
        (json!({ "username": "alice", "password": PASSWORD }), 400, "M_USER_IN_USE"),
        (json!({ "username": "Alice", "password": PASSWORD }), 400, "M_INVALID_USERNAME"),
        (json!({ "username": "bob", "password": "short" }), 400, "M_WEAK_PASSWORD"),
        (json!({ "username": 7 }), 400, "M_BAD_JSON"),
        (json!({ "auth": { "type": "m.login.dummy" } }), 400, "M_MISSING_PARAM"),
    ] {
        server.http.post(REGISTER, request).await.refused(status, errcode);
    }
    let guest = server.http.post(&format!("{REGISTER}?kind=guest"), json!({})).await;
    guest.refused(403, "M_GUEST_ACCESS_FORBIDDEN");
}

#[tokio::test]
async fn a_registration_token_opens_an_account() {
    let registration = "[registration]\nmode = \"token\"\ntokens = [\"spring-2026\"]";
    let server = Server::start_with(registration).await;
    let path = "/_matrix/client/v1/register/m.login.registration_token/validity?token=";
    for (token, valid) in [("spring-2026", true), ("autumn", false)] {
        let answer = server.http.get(&format!("{path}{token}")).await.ok();
        assert_eq!(answer["valid"], valid, "{token}");
    }
    let request = |token: &str| {
        let auth = json!({ "type": "m.login.registration_token", "token": token });
        json!({ "username": "alice", "password": PASSWORD, "auth": auth })
    };
    let refused = server.http.post(REGISTER, request("autumn")).await;
    refused.refused(401, "M_UNAUTHORIZED");
    let dummy = json!({ "password": PASSWORD, "auth": { "type": "m.login.dummy" } });
    server.http.post(REGISTER, dummy).await.refused(401, "M_FORBIDDEN");
    server.http.post(REGISTER, request("spring-2026")).await.ok();
}

#[tokio::test]
async fn a_closed_server_opens_no_account() {
    let server = Server::start_with("[registration]\nmode = \"closed\"").await;
    let auth = json!({ "type": "m.login.dummy" });
    let request = json!({ "username": "alice", "password": PASSWORD, "auth": auth });
    server.http.post(REGISTER, request).await.refused(403, "M_FORBIDDEN");
    let path = format!("{REGISTER}/available?username=alice");
    server.http.get(&path).await.refused(403, "M_FORBIDDEN");
}

#[tokio::test]
async fn a_user_name_is_available_or_not() {
    let server = Server::start().await;
    server.register("alice").await;
    let available = |name: &str| format!("{REGISTER}/available?username={name}");
    assert_eq!(server.http.get(&available("bob")).await.ok()["available"], true);
    server.http.get(&available("alice")).await.refused(400, "M_USER_IN_USE");
    server.http.get(&available("B%20b")).await.refused(400, "M_INVALID_USERNAME");
    server.http.get(&format!("{REGISTER}/available")).await.refused(400, "M_MISSING_PARAM");
}

#[tokio::test]
async fn a_person_signs_in_in_every_form_that_clients_use() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    let flows = server.http.get(LOGIN).await.ok();
    let flows = flows["flows"].as_array().unwrap();
    assert!(flows.iter().any(|flow| flow["type"] == "m.login.password"));
    for name in ["alice", "@alice:chappe.example", "Alice"] {
        let session = server.http.post(LOGIN, by_password(name, PASSWORD)).await.ok();
        assert_eq!(session["user_id"], alice.user_id.as_str(), "{name}");
    }
    let old = json!({ "type": "m.login.password", "user": "alice", "password": PASSWORD });
    server.http.post(LOGIN, old).await.ok();
    let path = "/_matrix/client/r0/login";
    server.http.post(path, by_password("alice", PASSWORD)).await.ok();
}

#[tokio::test]
async fn a_sign_in_that_fails_says_no_more_than_that() {
    let server = Server::start().await;
    server.register("alice").await;
    let wrong = server.http.post(LOGIN, by_password("alice", "wrong password")).await;
    let wrong = wrong.refused(403, "M_FORBIDDEN");
    let unknown = server.http.post(LOGIN, by_password("nobody", PASSWORD)).await;
    assert_eq!(unknown.refused(403, "M_FORBIDDEN"), wrong);
    let email = json!({ "type": "m.id.thirdparty", "medium": "email", "address": "a@b.example" });
    let request = json!({ "type": "m.login.password", "identifier": email, "password": PASSWORD });
    server.http.post(LOGIN, request).await.refused(403, "M_FORBIDDEN");
}

#[tokio::test]
async fn a_malformed_sign_in_is_refused_and_harms_nothing() {
    let server = Server::start().await;
    for (request, errcode) in [
        (json!({}), "M_BAD_JSON"),
        (json!({ "type": 7 }), "M_BAD_JSON"),
        (json!([]), "M_BAD_JSON"),
        (json!({ "type": "m.login.password" }), "M_BAD_JSON"),
        (json!({ "type": "m.login.password", "password": {} }), "M_BAD_JSON"),
        (json!({ "type": "org.example.retina" }), "M_UNKNOWN"),
    ] {
        server.http.post(LOGIN, request).await.refused(400, errcode);
    }
}

#[tokio::test]
async fn guessing_is_slowed_down() {
    let server = Server::start_with("[limits]\nsign_in_tries_per_minute = 3").await;
    server.register("alice").await;
    for _ in 0..3 {
        let wrong = server.http.post(LOGIN, by_password("alice", "wrong password")).await;
        wrong.refused(403, "M_FORBIDDEN");
    }
    let limited = server.http.post(LOGIN, by_password("alice", PASSWORD)).await;
    let seconds: u64 = limited.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=20).contains(&seconds), "{seconds}");
    let body = limited.refused(429, "M_LIMIT_EXCEEDED");
    assert_eq!(body["retry_after_ms"], seconds * 1000);
}

#[tokio::test]
async fn a_new_password_ends_the_other_sessions() {
    let server = Server::start().await;
    let phone = server.register("alice").await;
    let laptop = server.sign_in("alice").await;
    let path = "/_matrix/client/v3/account/password";
    phone.post(path, json!({ "new_password": "short" })).await.refused(400, "M_WEAK_PASSWORD");
    confirms(&phone, path, json!({ "new_password": "another good one" })).await.ok();
    phone.get("/_matrix/client/v3/account/whoami").await.ok();
    laptop.get("/_matrix/client/v3/account/whoami").await.refused(401, "M_UNKNOWN_TOKEN");
    let old = server.http.post(LOGIN, by_password("alice", PASSWORD)).await;
    old.refused(403, "M_FORBIDDEN");
    server.http.post(LOGIN, by_password("alice", "another good one")).await.ok();
    server
        .http
        .post(path, json!({ "new_password": PASSWORD }))
        .await
        .refused(401, "M_MISSING_TOKEN");
}

#[tokio::test]
async fn a_new_password_can_spare_the_other_sessions() {
    let server = Server::start().await;
    let phone = server.register("alice").await;
    let laptop = server.sign_in("alice").await;
    let request = json!({ "new_password": "another good one", "logout_devices": false });
    confirms(&phone, "/_matrix/client/v3/account/password", request).await.ok();
    laptop.get("/_matrix/client/v3/account/whoami").await.ok();
}

#[tokio::test]
async fn another_persons_password_confirms_nothing() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    server.register("mallory").await;
    let path = "/_matrix/client/v3/account/password";
    let mut request = json!({ "new_password": "another good one" });
    let challenge = alice.post(path, request.clone()).await;
    request["auth"] = proof("mallory", PASSWORD, &challenge.body);
    alice.post(path, request).await.refused(401, "M_FORBIDDEN");
    server.http.post(LOGIN, by_password("alice", PASSWORD)).await.ok();
}

#[tokio::test]
async fn a_closed_account_leaves_its_rooms_and_is_never_opened_again() {
    let server = Server::start().await;
    let (alice, bob) = (server.register("alice").await, server.register("bob").await);
    let room = bob.creates_room(json!({ "preset": "private_chat" })).await;
    bob.brings(&alice, &room).await;
    alice.says(&room, "erased").await;
    let messages = format!("/_matrix/client/v3/rooms/{room}/messages?dir=b");
    assert!(bob.get(&messages).await.ok().to_string().contains("erased"));
    let request = json!({ "erase": true });
    let closed = confirms(&alice, "/_matrix/client/v3/account/deactivate", request).await.ok();
    assert_eq!(closed["id_server_unbind_result"], "success");
    alice.get("/_matrix/client/v3/account/whoami").await.refused(401, "M_UNKNOWN_TOKEN");
    let login = server.http.post(LOGIN, by_password("alice", PASSWORD)).await;
    login.refused(403, "M_FORBIDDEN");
    let members = bob.get(&format!("/_matrix/client/v3/rooms/{room}/joined_members")).await.ok();
    assert_eq!(members["joined"].as_object().unwrap().len(), 1);
    assert!(!bob.get(&messages).await.ok().to_string().contains("erased"));
    bob.get("/_matrix/client/v3/profile/@alice:chappe.example").await.refused(404, "M_NOT_FOUND");
    let again = json!({
        "username": "alice", "password": PASSWORD, "auth": { "type": "m.login.dummy" },
    });
    server.http.post(REGISTER, again).await.refused(400, "M_USER_IN_USE");
}

#[tokio::test]
async fn nothing_that_proves_who_one_is_lies_on_the_disk() {
    let mut server = Server::start().await;
    let alice = server.register("alice").await;
    server.stop().await;
    let token = alice.token.rsplit('_').next().unwrap();
    for secret in [token, PASSWORD] {
        assert!(server.files_with(secret.as_bytes()).is_empty(), "{secret} is readable");
    }
    assert!(!server.files_with(alice.user_id.as_bytes()).is_empty());
}
