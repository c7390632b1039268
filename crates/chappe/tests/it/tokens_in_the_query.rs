//! Access tokens in the query string, which old tools still send.

use http::Method;

use crate::harness::Server;

const WHOAMI: &str = "/_matrix/client/v3/account/whoami";

#[tokio::test]
async fn a_token_in_the_query_is_taken_and_the_header_wins() {
    let server = Server::start().await;
    let (alice, bob) = (server.register("alice").await, server.register("bob").await);
    let of_alice = format!("{WHOAMI}?access_token={}", alice.token);
    assert_eq!(server.http.get(&of_alice).await.ok()["user_id"], alice.user_id.as_str());
    assert_eq!(bob.get(&of_alice).await.ok()["user_id"], bob.user_id.as_str());
    server.http.get(&format!("{WHOAMI}?access_token=guess")).await.refused(401, "M_UNKNOWN_TOKEN");
    let wrong = [("authorization", "Bearer guess")];
    let refused = server.http.request(Method::GET, &of_alice, &wrong, "").await;
    refused.refused(401, "M_UNKNOWN_TOKEN");
}

#[tokio::test]
async fn an_address_of_a_file_holds_no_token() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    for path in [
        "download/chappe.example/file",
        "download/chappe.example/file/name",
        "thumbnail/chappe.example/file",
    ] {
        let path = format!(
            "/_matrix/client/v1/media/{path}?access_token={}&width=32&height=32",
            alice.token
        );
        server.http.get(&path).await.refused(401, "M_MISSING_TOKEN");
        alice.get(&path).await.refused(404, "M_NOT_FOUND");
    }
}

#[tokio::test]
async fn no_token_reaches_the_log() {
    let server = Server::start_with("[log]\nlevel = \"trace\"").await;
    let alice = server.register("alice").await;
    let path = format!("{WHOAMI}?access_token={}", alice.token);
    server.http.get(&path).await.ok();
    server.http.get(&format!("/_matrix/client/v3/nothing?access_token={}", alice.token)).await;
    let log = server.log();
    assert!(log.contains("/account/whoami"), "the log tells of requests");
    assert!(!log.contains(&alice.token) && !log.contains("access_token="));
}
