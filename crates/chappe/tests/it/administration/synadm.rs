//! synadm, a tool that nobody here wrote, against the real program.
//!
//! `cargo xtask test` installs it under `target/synadm`.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tokio::process::Command;

use super::administered;
use crate::harness::{PASSWORD, Person, Server};

/// The tool, set up for one administrator.
struct Synadm {
    config: PathBuf,
}

impl Synadm {
    fn of(server: &Server, person: &Person) -> Self {
        let config = server.ground().join("synadm.yaml");
        let text = format!(
            "user: \"{user}\"\ntoken: {token}\nprotocol: http\nbase_url: {base}\n\
             admin_path: /_synapse/admin\nmatrix_path: /_matrix\ntimeout: 30\nformat: json\n\
             homeserver: chappe.example\nserver_discovery: well-known\nssl_verify: false\n",
            user = person.user_id,
            token = person.token,
            base = server.base,
        );
        std::fs::write(&config, text).expect("a file");
        Self { config }
    }

    /// Runs a command that must succeed; the last object that it says.
    async fn says(&self, arguments: &[&str]) -> Value {
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/synadm/bin/synadm");
        let ran = Command::new(program)
            .args(["--batch", "--config-file", self.config.to_str().unwrap(), "--output", "json"])
            .args(arguments)
            .kill_on_drop(true)
            .output()
            .await
            .expect("synadm is installed (cargo xtask test installs it)");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (out, error) = (text(&ran.stdout), text(&ran.stderr));
        assert!(ran.status.success(), "{arguments:?}: {out} {error}");
        // What it shows before it changes something comes first.
        let last = out.rfind("\n{").map_or(out.as_str(), |place| &out[place..]);
        serde_json::from_str(last).unwrap_or_else(|_| panic!("{arguments:?}: {out} {error}"))
    }
}

#[tokio::test]
async fn synadm_administers_people() {
    let (server, chief) = administered().await;
    let alice = server.register("alice").await;
    let synadm = Synadm::of(&server, &chief);
    let version = synadm.says(&["version"]).await;
    assert!(version["server_version"].as_str().unwrap().starts_with("Chappe"), "{version}");

    let made = ["user", "modify", "carol", "--password", PASSWORD, "--display-name", "Carol"];
    let made = synadm.says(&made).await;
    assert_eq!(made["displayname"], "Carol", "{made}");
    let listed = synadm.says(&["user", "list"]).await;
    assert_eq!(listed["total"], 3, "{listed}");
    let details = synadm.says(&["user", "details", &alice.user_id]).await;
    assert_eq!(details["name"], json!(alice.user_id));
    synadm.says(&["user", "password", "alice", "--password", "a new password"]).await;
    alice.get("/_matrix/client/v3/account/whoami").await.refused(401, "M_UNKNOWN_TOKEN");
    synadm.says(&["user", "deactivate", &alice.user_id]).await;
    let details = synadm.says(&["user", "details", "alice"]).await;
    assert_eq!(details["deactivated"], true);
    server.sign_in("carol").await;
}

#[tokio::test]
async fn synadm_administers_rooms_and_media() {
    let (server, chief) = administered().await;
    let alice = server.register("alice").await;
    let room = alice.creates_room(json!({ "preset": "public_chat", "name": "Forum" })).await;
    let synadm = Synadm::of(&server, &chief);
    let listed = synadm.says(&["room", "list"]).await;
    assert_eq!(listed["rooms"][0]["name"], "Forum", "{listed}");
    let details = synadm.says(&["room", "details", &room]).await;
    assert_eq!(details["joined_members"], 1);
    let members = synadm.says(&["room", "members", &room]).await;
    assert_eq!(members["members"], json!([alice.user_id]));

    let authorization = format!("Bearer {}", alice.token);
    let headers = [("authorization", authorization.as_str()), ("content-type", "text/plain")];
    let path = "/_matrix/media/v3/upload";
    let uploaded = alice.http.request(http::Method::POST, path, &headers, "text").await.ok();
    let id = uploaded["content_uri"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    synadm.says(&["media", "quarantine", "-s", "chappe.example", "-i", &id]).await;
    let path = format!("/_matrix/client/v1/media/download/chappe.example/{id}");
    alice.get(&path).await.refused(404, "M_NOT_FOUND");

    synadm.says(&["room", "block", &room]).await;
    let deleted = synadm.says(&["room", "delete", "--v1", &room]).await;
    assert_eq!(deleted["kicked_users"], json!([alice.user_id]), "{deleted}");
    assert_eq!(synadm.says(&["room", "list"]).await["total_rooms"], 0);
}
