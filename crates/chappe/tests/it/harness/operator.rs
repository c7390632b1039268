//! Accounts that the operator opens, by the shared secret.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha1::Sha1;

use super::{PASSWORD, Person, Server};

/// Where accounts are opened by the secret.
pub(crate) const BY_SECRET: &str = "/_synapse/admin/v1/register";
/// What the operator knows, in [`ADMINISTRATION`] as elsewhere.
pub(crate) const SECRET: &str = "what the operator knows";
/// Configuration of a server with an administrator, `@root`, whom
/// [`Server::register_administrator`] signs up.
pub(crate) const ADMINISTRATION: &str = "[administration]\n\
    administrators = [\"@root:chappe.example\"]\nshared_secret = \"what the operator knows\"";

/// What `register_new_matrix_user` sends.
pub(crate) fn signed(secret: &str, nonce: &str, name: &str, admin: bool) -> Value {
    let kind = if admin { "admin" } else { "notadmin" };
    let mut mac = Hmac::<Sha1>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update([nonce, name, PASSWORD, kind].join("\0").as_bytes());
    let mac = mac.finalize().into_bytes();
    let mac = mac.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    json!({ "nonce": nonce, "username": name, "password": PASSWORD, "admin": admin, "mac": mac })
}

impl Server {
    /// What signs one registration by the secret.
    pub(crate) async fn nonce(&self) -> String {
        self.http.get(BY_SECRET).await.ok()["nonce"].as_str().unwrap().to_owned()
    }

    /// Opens the account and a session of an administrator whom [`ADMINISTRATION`] names: the
    /// account itself says nothing of that.
    pub(crate) async fn register_administrator(&self, name: &str) -> Person {
        let asked = signed(SECRET, &self.nonce().await, name, false);
        Person::of(self.http.clone(), &self.http.post(BY_SECRET, asked).await.ok())
    }
}
