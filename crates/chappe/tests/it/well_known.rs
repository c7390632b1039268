//! What is found at the server's name.

use http::Method;
use serde_json::json;

use crate::harness::{Ground, Server};

const SUPPORT: &str = "/.well-known/matrix/support";

#[tokio::test]
async fn whom_to_ask_for_help_is_told_where_somebody_is_named() {
    let configuration = "[support]\npage = \"https://chappe.example/help\"\n\
        contacts = [{ role = \"m.role.admin\", matrix_id = \"@admin:chappe.example\", \
        email_address = \"admin@chappe.example\" }, \
        { role = \"m.role.security\", email_address = \"security@chappe.example\" }]";
    let server = Server::start_with(configuration).await;
    let expected = json!({
        "contacts": [
            {
                "role": "m.role.admin", "matrix_id": "@admin:chappe.example",
                "email_address": "admin@chappe.example",
            },
            { "role": "m.role.security", "email_address": "security@chappe.example" },
        ],
        "support_page": "https://chappe.example/help",
    });
    assert_eq!(server.http.get(SUPPORT).await.ok(), expected);
}

#[tokio::test]
async fn what_is_not_there_is_not_found_from_any_page() {
    let server = Server::start().await;
    for path in [SUPPORT, "/.well-known/matrix/policy_server"] {
        let headers = [("origin", "https://elsewhere.example")];
        let answer = server.http.request(Method::GET, path, &headers, "").await;
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
        answer.refused(404, "M_NOT_FOUND");
    }
    let found = server.http.get("/.well-known/matrix/client").await.ok();
    assert_eq!(found["m.homeserver"]["base_url"], "https://chappe.example");
    // There is no federation yet, and nobody is told that there were.
    let server_discovery = server.http.careless().get("/.well-known/matrix/server").await;
    server_discovery.refused(404, "M_UNRECOGNIZED");
}

#[tokio::test]
async fn help_that_cannot_be_had_is_refused_at_the_start() {
    for (configuration, expected) in [
        ("[support]\ncontacts = [{ role = \"m.role.admin\" }]", "a matrix_id or an email_address"),
        ("[support]\npage = \"javascript:alert(1)\"", "support.page"),
        ("[turn]\nurls = [\"https://turn.example\"]\nshared_secret = \"s\"", "turn.urls"),
        ("[turn]\nurls = [\"turn:turn.example\"]", "go together"),
    ] {
        let ground = Ground::with(configuration);
        let said = ground.runs(&["config", "check", "--config", "chappe.toml"]).await.failed();
        assert!(said.contains(expected), "{said}");
    }
}
