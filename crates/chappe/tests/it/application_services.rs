//! Application services: none is registered, so nobody's token is one of theirs.

use serde_json::json;

use crate::harness::Server;

const PING: &str = "/_matrix/client/v1/appservice/bridge/ping";
const LIST: &str = "/_matrix/client/v3/directory/list/appservice/irc/!room:chappe.example";

#[tokio::test]
async fn no_token_is_one_of_an_application_service() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    let visibility = json!({ "visibility": "public" });
    alice.post(PING, json!({ "transaction_id": "t" })).await.refused(403, "M_FORBIDDEN");
    alice.put(LIST, visibility.clone()).await.refused(403, "M_FORBIDDEN");
    let stranger = crate::harness::Person { token: "as_token".to_owned(), ..alice };
    stranger.post(PING, json!({})).await.refused(401, "M_UNKNOWN_TOKEN");
    stranger.put(LIST, visibility.clone()).await.refused(401, "M_UNKNOWN_TOKEN");
    server.http.post(PING, json!({})).await.refused(401, "M_MISSING_TOKEN");
    let put = server.http.request(http::Method::PUT, LIST, &[], visibility.to_string()).await;
    put.refused(401, "M_MISSING_TOKEN");
}
