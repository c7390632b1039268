//! Addresses of accounts: there is no post yet, so each way to one ends as the specification says.

use serde_json::json;

use crate::harness::{PASSWORD, Server};

const V3: &str = "/_matrix/client/v3";

#[tokio::test]
async fn an_account_has_no_addresses() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    let told = alice.get(&format!("{V3}/account/3pid")).await.ok();
    assert_eq!(told, json!({ "threepids": [] }));
    let capabilities = alice.get(&format!("{V3}/capabilities")).await.ok();
    assert_eq!(capabilities["capabilities"]["m.3pid_changes"]["enabled"], false);
}

#[tokio::test]
async fn nobody_is_told_whose_address_it_is() {
    let server = Server::start().await;
    let email = |email: &str| json!({ "client_secret": "s", "email": email, "send_attempt": 1 });
    let phone = |country: &str, number: &str| {
        json!({
            "client_secret": "s", "country": country, "phone_number": number, "send_attempt": 1,
        })
    };
    for (place, status, errcode) in [
        ("account/3pid", 400, "M_THREEPID_MEDIUM_NOT_SUPPORTED"),
        ("register", 403, "M_THREEPID_DENIED"),
        ("account/password", 403, "M_THREEPID_DENIED"),
    ] {
        let by_email = format!("{V3}/{place}/email/requestToken");
        let by_phone = format!("{V3}/{place}/msisdn/requestToken");
        for address in ["alice@town.example", "bob@town.example"] {
            server.http.post(&by_email, email(address)).await.refused(status, errcode);
        }
        server.http.post(&by_phone, phone("FR", "+33123456789")).await.refused(status, errcode);
        let wrong = server.http.post(&by_email, email("alice")).await;
        wrong.refused(400, "M_INVALID_PARAM");
        for (country, number) in [("France", "0123456789"), ("FR", "alice")] {
            let wrong = server.http.post(&by_phone, phone(country, number)).await;
            wrong.refused(400, "M_INVALID_PARAM");
        }
        let unnamed = server.http.post(&by_email, json!({ "client_secret": "s" })).await;
        unnamed.refused(400, "M_BAD_JSON");
    }
}

#[tokio::test]
async fn no_address_is_added_that_was_not_proven() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    let add = format!("{V3}/account/3pid/add");
    let mut asked = json!({ "client_secret": "s", "sid": "1" });
    let challenge = alice.post(&add, asked.clone()).await;
    assert_eq!(challenge.status, 401);
    asked["auth"] = json!({
        "type": "m.login.password", "password": PASSWORD, "session": challenge.body["session"],
        "identifier": { "type": "m.id.user", "user": "alice" },
    });
    alice.post(&add, asked).await.refused(403, "M_THREEPID_AUTH_FAILED");
    let bind = |server: &str| {
        json!({
            "client_secret": "s", "sid": "1", "id_server": server, "id_access_token": "t",
        })
    };
    let path = format!("{V3}/account/3pid/bind");
    let bound = alice.post(&path, bind("identity.example")).await;
    bound.refused(400, "M_SERVER_NOT_TRUSTED");
    alice.post(&path, bind("no server")).await.refused(400, "M_INVALID_PARAM");
    let old = format!("{V3}/account/3pid");
    let credentials = |server: &str| json!({ "three_pid_creds": bind(server) });
    let added = alice.post(&old, credentials("identity.example")).await;
    added.refused(403, "M_THREEPID_AUTH_FAILED");
    alice.post(&old, credentials("no server")).await.refused(400, "M_INVALID_PARAM");
    alice.post(&old, json!({})).await.refused(400, "M_BAD_JSON");
    let stranger = server.http.post(&old, credentials("identity.example")).await;
    stranger.refused(401, "M_MISSING_TOKEN");
}

#[tokio::test]
async fn an_address_that_is_not_there_is_removed_without_ado() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    for what in ["delete", "unbind"] {
        let path = format!("{V3}/account/3pid/{what}");
        let asked = json!({ "medium": "email", "address": "alice@town.example" });
        let told = alice.post(&path, asked.clone()).await.ok();
        assert_eq!(told, json!({ "id_server_unbind_result": "no-support" }));
        let mut elsewhere = asked;
        elsewhere["id_server"] = json!("no server");
        alice.post(&path, elsewhere).await.refused(400, "M_INVALID_PARAM");
    }
}
