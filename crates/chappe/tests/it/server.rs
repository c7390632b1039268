//! The program itself: what it answers before anybody has signed in, and how it starts and ends.

use http::Method;

use crate::harness::Server;

#[tokio::test]
async fn a_client_learns_where_the_server_is_and_what_it_speaks() {
    let server = Server::start().await;
    let versions = server.http.get("/_matrix/client/versions").await.ok();
    assert!(versions["versions"].as_array().unwrap().iter().any(|version| version == "v1.19"));
    let found = server.http.get("/.well-known/matrix/client").await.ok();
    assert_eq!(found["m.homeserver"]["base_url"], "https://chappe.example");
}

#[tokio::test]
async fn what_no_endpoint_answers_is_unrecognized() {
    let server = Server::start().await;
    server.http.get("/_matrix/client/v3/nothing").await.refused(404, "M_UNRECOGNIZED");
    let wrong = server.http.request(Method::DELETE, "/_matrix/client/versions", &[], "").await;
    wrong.refused(405, "M_UNRECOGNIZED");
}

#[tokio::test]
async fn a_page_of_any_origin_may_ask() {
    let server = Server::start().await;
    let headers = [
        ("origin", "https://elsewhere.example"),
        ("access-control-request-method", "PUT"),
        ("access-control-request-headers", "authorization,content-type"),
    ];
    let path = "/_matrix/client/v3/sync";
    let answer = server.http.request(Method::OPTIONS, path, &headers, "").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    assert!(answer.header("access-control-allow-methods").unwrap().contains("PUT"));
    assert!(answer.header("access-control-allow-headers").unwrap().contains("authorization"));
}

#[tokio::test]
async fn a_second_start_keeps_the_people() {
    let mut server = Server::start().await;
    let alice = server.register("alice").await;
    server.restart().await;
    let who = server.again(&alice).get("/_matrix/client/v3/account/whoami").await.ok();
    assert_eq!(who["user_id"], alice.user_id.as_str());
}

#[tokio::test]
async fn no_cache_keeps_what_somebody_was_answered() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    for path in ["/_matrix/client/v3/account/whoami", "/_matrix/client/v3/nothing"] {
        let answer = alice.get(path).await;
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
    }
}

#[tokio::test]
async fn a_proxy_learns_that_the_server_is_well() {
    let server = Server::start().await;
    let answer = server.http.get("/_chappe/health").await;
    assert_eq!((answer.status, &*answer.bytes), (200, b"well\n".as_slice()));
}

#[tokio::test]
async fn every_capability_is_said() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    let told = alice.get("/_matrix/client/v3/capabilities").await.ok();
    for (name, expected) in [
        ("m.3pid_changes", false),
        ("m.change_password", true),
        ("m.forget_forced_upon_leave", false),
        ("m.get_login_token", true),
        ("m.profile_fields", true),
        ("m.set_avatar_url", true),
        ("m.set_displayname", true),
    ] {
        assert_eq!(told["capabilities"][name]["enabled"], expected, "{name}");
    }
    assert_eq!(told["capabilities"]["m.room_versions"]["default"], "12");
    assert!(told["capabilities"]["m.account_moderation"].is_object());
}
