//! Known tools open accounts by a secret that the operator set.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha1::Sha1;

use crate::harness::{PASSWORD, Person, Server};

const PATH: &str = "/_synapse/admin/v1/register";
const SECRET: &str = "what the operator knows";

async fn server() -> Server {
    let configuration = format!(
        "[registration]\nmode = \"closed\"\n[administration]\nshared_secret = \"{SECRET}\""
    );
    Server::start_with(&configuration).await
}

async fn nonce(server: &Server) -> String {
    server.http.get(PATH).await.ok()["nonce"].as_str().unwrap().to_owned()
}

/// What `register_new_matrix_user` sends.
fn signed(secret: &str, nonce: &str, name: &str, admin: bool) -> Value {
    let kind = if admin { "admin" } else { "notadmin" };
    let mut mac = Hmac::<Sha1>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update([nonce, name, PASSWORD, kind].join("\0").as_bytes());
    let mac = mac.finalize().into_bytes();
    let mac = mac.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    json!({ "nonce": nonce, "username": name, "password": PASSWORD, "admin": admin, "mac": mac })
}

#[tokio::test]
async fn who_holds_the_secret_opens_accounts_on_a_closed_server() {
    let server = server().await;
    let asked = signed(SECRET, &nonce(&server).await, "root", true);
    let session = server.http.post(PATH, asked.clone()).await.ok();
    assert_eq!(session["user_id"], "@root:chappe.example");
    assert_eq!(session["home_server"], "chappe.example");
    let root = Person::of(server.http.clone(), &session);
    let again = server.http.post(PATH, asked).await;
    again.refused(400, "M_USER_IN_USE");
    let asked = signed(SECRET, &nonce(&server).await, "alice", false);
    let alice = Person::of(server.http.clone(), &server.http.post(PATH, asked).await.ok());
    let lock = |of: &Person| format!("/_matrix/client/v1/admin/lock/{}", of.user_id);
    root.get(&lock(&alice)).await.ok();
    alice.get(&lock(&root)).await.refused(403, "M_FORBIDDEN");
    server.sign_in("alice").await;
}

#[tokio::test]
async fn a_nonce_opens_one_account_and_only_for_who_signed_it() {
    let server = server().await;
    let first = nonce(&server).await;
    let wrong = signed("a guess of a secret", &first, "alice", false);
    server.http.post(PATH, wrong).await.refused(403, "M_FORBIDDEN");
    let mut changed = signed(SECRET, &first, "alice", false);
    changed["admin"] = json!(true);
    server.http.post(PATH, changed).await.refused(403, "M_FORBIDDEN");
    server.http.post(PATH, signed(SECRET, &first, "alice", false)).await.ok();
    let second = signed(SECRET, &first, "bob", false);
    server.http.post(PATH, second).await.refused(400, "M_INVALID_PARAM");
    let invented = signed(SECRET, "invented", "bob", false);
    server.http.post(PATH, invented).await.refused(400, "M_INVALID_PARAM");
    let incomplete = json!({ "nonce": nonce(&server).await, "username": "bob" });
    server.http.post(PATH, incomplete).await.refused(400, "M_BAD_JSON");
}

#[tokio::test]
async fn without_a_secret_there_is_no_such_door() {
    let server = Server::start().await;
    server.http.get(PATH).await.refused(404, "M_UNRECOGNIZED");
    let asked = signed(SECRET, "invented", "root", true);
    server.http.post(PATH, asked).await.refused(404, "M_UNRECOGNIZED");
}
