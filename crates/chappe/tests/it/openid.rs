//! Third parties learn who somebody is, and nothing else.

use serde_json::json;

use crate::harness::Server;

const USERINFO: &str = "/_matrix/federation/v1/openid/userinfo";

#[tokio::test]
async fn a_third_party_learns_whose_token_it_was_given() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    let path = format!("/_matrix/client/v3/user/{}/openid/request_token", alice.user_id);
    let told = alice.post(&path, json!({})).await.ok();
    assert_eq!(told["token_type"], "Bearer");
    assert_eq!(told["matrix_server_name"], "chappe.example");
    assert_eq!(told["expires_in"], 3600);
    let token = told["access_token"].as_str().unwrap();
    let info = server.http.get(&format!("{USERINFO}?access_token={token}")).await.ok();
    assert_eq!(info, json!({ "sub": alice.user_id }));
    // It is good for that alone, and nothing else is good for that.
    let whoami = format!("/_matrix/client/v3/account/whoami?access_token={token}");
    server.http.get(&whoami).await.refused(401, "M_UNKNOWN_TOKEN");
    let with = |token: &str| format!("{USERINFO}?access_token={token}");
    server.http.get(&with(&alice.token)).await.refused(401, "M_UNKNOWN_TOKEN");
    server.http.get(&with("nonsense")).await.refused(401, "M_UNKNOWN_TOKEN");
    server.http.get(USERINFO).await.refused(400, "M_MISSING_PARAM");
}

#[tokio::test]
async fn such_a_token_is_asked_for_oneself_alone() {
    let server = Server::start().await;
    let (alice, bob) = (server.register("alice").await, server.register("bob").await);
    let path = format!("/_matrix/client/v3/user/{}/openid/request_token", alice.user_id);
    bob.post(&path, json!({})).await.refused(403, "M_FORBIDDEN");
    server.http.post(&path, json!({})).await.refused(401, "M_MISSING_TOKEN");
}
