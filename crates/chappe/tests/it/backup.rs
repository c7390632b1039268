//! The backup of room keys.

use serde_json::{Value, json};

use crate::harness::{Person, Server};

const VERSION: &str = "/_matrix/client/v3/room_keys/version";
const KEYS: &str = "/_matrix/client/v3/room_keys/keys";
const ROOM: &str = "!room:chappe.example";
const ALGORITHM: &str = "m.megolm_backup.v1.curve25519-aes-sha2";

fn algorithm(public_key: &str) -> Value {
    json!({ "algorithm": ALGORITHM, "auth_data": { "public_key": public_key, "signatures": {} } })
}

fn key(first: u64) -> Value {
    json!({
        "first_message_index": first, "forwarded_count": 0, "is_verified": true,
        "session_data": { "ephemeral": "ZQ", "ciphertext": "Y2lwaGVydGV4dA", "mac": "bQ" },
    })
}

async fn begin(person: &Person) -> String {
    let made = person.post(VERSION, algorithm("a2V5")).await.ok();
    made["version"].as_str().unwrap().to_owned()
}

fn session(version: &str, session: &str) -> String {
    format!("{KEYS}/{ROOM}/{session}?version={version}")
}

#[tokio::test]
async fn a_backup_is_begun_filled_read_and_deleted() {
    let mut server = Server::start().await;
    let alice = server.register("alice").await;
    alice.get(VERSION).await.refused(404, "M_NOT_FOUND");
    let version = begin(&alice).await;
    alice.put(&session(&version, "a"), key(1)).await.ok();
    let room = json!({ "sessions": { "b": key(1) } });
    alice.put(&format!("{KEYS}/{ROOM}?version={version}"), room).await.ok();
    let rooms = json!({ "rooms": { "!other:chappe.example": { "sessions": { "c": key(1) } } } });
    let stamp = alice.put(&format!("{KEYS}?version={version}"), rooms).await.ok();
    assert_eq!(stamp["count"], 3);

    server.restart().await;
    let alice = server.again(&alice);
    let info = alice.get(VERSION).await.ok();
    let mut expected = algorithm("a2V5");
    expected["version"] = json!(version);
    expected["count"] = json!(3);
    expected["etag"] = stamp["etag"].clone();
    assert_eq!(info, expected);
    assert_eq!(alice.get(&format!("{VERSION}/{version}")).await.ok(), info);
    assert_eq!(alice.get(&session(&version, "a")).await.ok(), key(1));
    let room = alice.get(&format!("{KEYS}/{ROOM}?version={version}")).await.ok();
    assert_eq!(room, json!({ "sessions": { "a": key(1), "b": key(1) } }));
    let all = alice.get(&format!("{KEYS}?version={version}")).await.ok();
    assert_eq!(all["rooms"]["!other:chappe.example"]["sessions"]["c"], key(1));
    assert!(server.files_with(b"Y2lwaGVydGV4dA").is_empty());

    assert_eq!(alice.delete(&session(&version, "a")).await.ok()["count"], 2);
    alice.get(&session(&version, "a")).await.refused(404, "M_NOT_FOUND");
    assert_eq!(alice.delete(&format!("{KEYS}/{ROOM}?version={version}")).await.ok()["count"], 1);
    let empty = alice.get(&format!("{KEYS}/{ROOM}?version={version}")).await.ok();
    assert_eq!(empty, json!({ "sessions": {} }));
    assert_eq!(alice.delete(&format!("{KEYS}?version={version}")).await.ok()["count"], 0);
    alice.delete(&format!("{VERSION}/{version}")).await.ok();
    alice.delete(&format!("{VERSION}/{version}")).await.ok();
    alice.get(VERSION).await.refused(404, "M_NOT_FOUND");
}

#[tokio::test]
async fn an_old_version_takes_no_keys_and_names_the_current_one() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    alice.put(&session("1", "a"), key(1)).await.refused(404, "M_NOT_FOUND");
    let (old, new) = (begin(&alice).await, begin(&alice).await);
    let refused = alice.put(&session(&old, "a"), key(1)).await;
    let refused = refused.refused(403, "M_WRONG_ROOM_KEYS_VERSION");
    assert_eq!(refused["current_version"], json!(new));
}

#[tokio::test]
async fn a_worse_key_does_not_replace_a_better_one() {
    let server = Server::start().await;
    let alice = server.register("alice").await;
    let version = begin(&alice).await;
    let first = alice.put(&session(&version, "a"), key(2)).await.ok();
    let worse = alice.put(&session(&version, "a"), key(3)).await.ok();
    assert_eq!(first, worse);
    let better = alice.put(&session(&version, "a"), key(1)).await.ok();
    assert_ne!(better["etag"], worse["etag"]);
    assert_eq!(alice.get(&session(&version, "a")).await.ok()["first_message_index"], 1);
}

#[tokio::test]
async fn what_a_backup_does_not_take_is_refused() {
    let server = Server::start().await;
    let (alice, bob) = (server.register("alice").await, server.register("bob").await);
    let version = begin(&alice).await;
    let path = format!("{VERSION}/{version}");
    alice.post(VERSION, json!({ "algorithm": ALGORITHM })).await.refused(400, "M_BAD_JSON");
    let mut other = algorithm("a2V5");
    other["algorithm"] = json!("org.other");
    alice.put(&path, other).await.refused(400, "M_INVALID_PARAM");
    let mut other = algorithm("bmV3");
    other["version"] = json!("7");
    alice.put(&path, other).await.refused(400, "M_INVALID_PARAM");
    alice.put(&path, algorithm("bmV3")).await.ok();
    assert_eq!(alice.get(&path).await.ok()["auth_data"]["public_key"], "bmV3");
    alice.put(&session(&version, "a"), json!({})).await.refused(400, "M_BAD_JSON");
    alice.put(&format!("{KEYS}/{ROOM}/a"), key(1)).await.refused(400, "M_MISSING_PARAM");
    bob.get(&path).await.refused(404, "M_NOT_FOUND");
    bob.get(&session(&version, "a")).await.refused(404, "M_NOT_FOUND");
}
