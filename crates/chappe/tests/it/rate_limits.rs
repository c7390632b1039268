//! Who asks too often is asked to wait; ordinary use never is, nor who is exempt.

use http::Method;
use serde_json::json;

use crate::harness::{Answer, Server};

/// Refused, and told when to come back.
#[track_caller]
fn too_often(answer: Answer) {
    let header: u64 = answer.header("retry-after").expect("a header").parse().unwrap();
    let body = answer.refused(429, "M_LIMIT_EXCEEDED");
    assert_eq!(body["retry_after_ms"], header * 1000);
}

#[tokio::test]
async fn what_one_person_sends_is_limited_for_that_person_alone() {
    let limits = "[limits]\nrooms_per_minute = 2\nmessages_per_minute = 1";
    let server = Server::start_with(limits).await;
    let (alice, bob) = (server.register("alice").await, server.register("bob").await);
    let room = alice.creates_room(json!({})).await;
    alice.creates_room(json!({})).await;
    too_often(alice.post("/_matrix/client/v3/createRoom", json!({})).await);
    bob.creates_room(json!({})).await;
    alice.says(&room, "one").await;
    let path = format!("/_matrix/client/v3/rooms/{room}/send/m.room.encrypted/two");
    too_often(alice.put(&path, json!({})).await);
    // A further session of hers has no measure of its own.
    let second = server.sign_in("alice").await;
    too_often(second.put(&path, json!({})).await);
    alice.syncs("").await;
}

#[tokio::test]
async fn every_kind_of_flood_is_limited() {
    let limits = "[limits]\nto_device_per_minute = 1\ninvitations_per_minute = 1\n\
                  joins_per_minute = 1\nprofile_changes_per_minute = 1\n\
                  searches_per_minute = 1\nuploads_per_minute = 1\ntokens_per_minute = 1";
    let server = Server::start_with(limits).await;
    let alice = server.register("alice").await;
    let room = alice.creates_room(json!({})).await;
    let v3 = "/_matrix/client/v3";
    let (user, nothing) = (&alice.user_id, json!({}));
    let bob = json!({ "user_id": "@bob:chappe.example" });
    for (put, path, body) in [
        (true, format!("{v3}/sendToDevice/m.dummy/1"), json!({ "messages": {} })),
        (false, format!("{v3}/rooms/{room}/invite"), bob),
        (false, format!("{v3}/rooms/{room}/join"), nothing.clone()),
        (true, format!("{v3}/profile/{user}/displayname"), json!({ "displayname": "A" })),
        (false, format!("{v3}/user_directory/search"), json!({ "search_term": "a" })),
        (false, "/_matrix/media/v3/upload".to_owned(), json!("a file")),
        (false, format!("{v3}/user/{user}/openid/request_token"), nothing),
    ] {
        let ask = async || {
            if put {
                alice.put(&path, body.clone()).await
            } else {
                alice.post(&path, body.clone()).await
            }
        };
        assert_ne!(ask().await.status, 429, "{path}");
        too_often(ask().await);
    }
}

#[tokio::test]
async fn strangers_are_limited_by_where_they_come_from() {
    let server = Server::start_with("[limits]\nstrangers_requests_per_minute = 5").await;
    let alice = server.register("alice").await;
    for _ in 0..4 {
        server.http.get("/_matrix/client/versions").await;
    }
    too_often(server.http.get("/_matrix/client/versions").await);
    // A token that is nobody's makes nobody known.
    let guess = [("authorization", "Bearer guess")];
    let guessed = server.http.request(Method::GET, "/_matrix/client/v3/sync", &guess, "");
    too_often(guessed.await);
    alice.syncs("").await;
}

#[tokio::test]
async fn who_guesses_at_an_administrators_token_is_a_stranger() {
    let server = Server::start_with("[limits]\nstrangers_requests_per_minute = 5").await;
    let path = "/_synapse/admin/v1/server_version";
    let guess = [("authorization", "Bearer chappe_access_guess")];
    let asks = async || server.http.request(Method::GET, path, &guess, "").await;
    for _ in 0..5 {
        asks().await.refused(401, "M_UNKNOWN_TOKEN");
    }
    too_often(asks().await);
}

#[tokio::test]
async fn limits_are_lifted_for_an_address_and_altogether() {
    let strict = "strangers_requests_per_minute = 1\nrooms_per_minute = 1\n\
                  sign_in_tries_per_minute = 1";
    for lifted in ["exempt_addresses = [\"127.0.0.0/8\"]", "rates = false"] {
        let server = Server::start_with(&format!("[limits]\n{lifted}\n{strict}")).await;
        let alice = server.register("alice").await;
        for _ in 0..5 {
            server.http.get("/_matrix/client/versions").await.ok();
            alice.creates_room(json!({})).await;
            let login = json!({
                "type": "m.login.password", "password": "wrong",
                "identifier": { "type": "m.id.user", "user": "alice" },
            });
            let wrong = server.http.post("/_matrix/client/v3/login", login).await;
            wrong.refused(403, "M_FORBIDDEN");
        }
    }
    let elsewhere = format!("[limits]\nexempt_addresses = [\"192.0.2.0/24\"]\n{strict}");
    let server = Server::start_with(&elsewhere).await;
    server.http.get("/_matrix/client/versions").await.ok();
    too_often(server.http.get("/_matrix/client/versions").await);
}
