//! Known tools open accounts by a secret that the operator set.

use serde_json::json;

use crate::harness::{BY_SECRET, Person, SECRET, Server, signed};

async fn server() -> Server {
    let configuration = format!(
        "[registration]\nmode = \"closed\"\n[administration]\nshared_secret = \"{SECRET}\""
    );
    Server::start_with(&configuration).await
}

#[tokio::test]
async fn who_holds_the_secret_opens_accounts_on_a_closed_server() {
    let server = server().await;
    let asked = signed(SECRET, &server.nonce().await, "root", true);
    let session = server.http.post(BY_SECRET, asked.clone()).await.ok();
    assert_eq!(session["user_id"], "@root:chappe.example");
    assert_eq!(session["home_server"], "chappe.example");
    let root = Person::of(server.http.clone(), &session);
    let again = server.http.post(BY_SECRET, asked).await;
    again.refused(400, "M_USER_IN_USE");
    let asked = signed(SECRET, &server.nonce().await, "alice", false);
    let alice = Person::of(server.http.clone(), &server.http.post(BY_SECRET, asked).await.ok());
    let lock = |of: &Person| format!("/_matrix/client/v1/admin/lock/{}", of.user_id);
    root.get(&lock(&alice)).await.ok();
    alice.get(&lock(&root)).await.refused(403, "M_FORBIDDEN");
    server.sign_in("alice").await;
}

#[tokio::test]
async fn a_nonce_opens_one_account_and_only_for_who_signed_it() {
    let server = server().await;
    let first = server.nonce().await;
    let wrong = signed("a guess of a secret", &first, "alice", false);
    server.http.post(BY_SECRET, wrong).await.refused(403, "M_FORBIDDEN");
    let mut changed = signed(SECRET, &first, "alice", false);
    changed["admin"] = json!(true);
    server.http.post(BY_SECRET, changed).await.refused(403, "M_FORBIDDEN");
    server.http.post(BY_SECRET, signed(SECRET, &first, "alice", false)).await.ok();
    let second = signed(SECRET, &first, "bob", false);
    server.http.post(BY_SECRET, second).await.refused(400, "M_INVALID_PARAM");
    let invented = signed(SECRET, "invented", "bob", false);
    server.http.post(BY_SECRET, invented).await.refused(400, "M_INVALID_PARAM");
    let incomplete = json!({ "nonce": server.nonce().await, "username": "bob" });
    server.http.post(BY_SECRET, incomplete).await.refused(400, "M_BAD_JSON");
}

#[tokio::test]
async fn without_a_secret_there_is_no_such_door() {
    let server = Server::start().await;
    server.http.get(BY_SECRET).await.refused(404, "M_UNRECOGNIZED");
    let asked = signed(SECRET, "invented", "root", true);
    server.http.post(BY_SECRET, asked).await.refused(404, "M_UNRECOGNIZED");
}
