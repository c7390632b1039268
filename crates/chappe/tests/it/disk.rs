//! What a thief of the disk finds: nothing that anybody wrote.

use serde_json::json;

use crate::harness::{Person, Server};

/// Every word that people of these tests write somewhere, and nowhere else in the world.
pub(crate) const WORDS: [&str; 12] = [
    "zmessagezz",
    "zstickerzz",
    "zroomnamez",
    "ztopiczzzz",
    "zaliaszzzz",
    "zdisplayzz",
    "zdevicezzz",
    "zdatazzzzz",
    "zfilenamez",
    "zfilebodyz",
    "ztodevicez",
    "zbackupzzz",
];

/// Writes each of the words where a client would.
pub(crate) async fn write_everywhere(server: &Server, alice: &Person) {
    let bob = server.register("bob").await;
    let room = alice
        .creates_room(json!({
            "preset": "public_chat", "name": "zroomnamez", "topic": "ztopiczzzz",
            "room_alias_name": "zaliaszzzz",
        }))
        .await;
    bob.joins(&room).await;
    let message = json!({ "msgtype": "m.text", "body": "zmessagezz" });
    alice.sends(&room, "m.room.message", "t1", message).await;
    alice
        .sends(
            &room,
            "m.sticker",
            "t2",
            json!({ "body": "zstickerzz", "url": "mxc://a/b", "info": {} }),
        )
        .await;
    let me = &alice.user_id;
    let name = json!({ "displayname": "zdisplayzz" });
    alice.put(&format!("/_matrix/client/v3/profile/{me}/displayname"), name).await.ok();
    let device = format!("/_matrix/client/v3/devices/{}", alice.device_id);
    alice.put(&device, json!({ "display_name": "zdevicezzz" })).await.ok();
    let data = format!("/_matrix/client/v3/user/{me}/account_data/org.example.data");
    alice.put(&data, json!({ "secret": "zdatazzzzz" })).await.ok();
    let upload = "/_matrix/media/v3/upload?filename=zfilenamez.txt";
    alice.request(http::Method::POST, upload, "zfilebodyz".repeat(20_000)).await.ok();
    let to_bob = json!({ "messages": { &bob.user_id: { "*": { "word": "ztodevicez" } } } });
    alice.put("/_matrix/client/v3/sendToDevice/org.example.word/t1", to_bob).await.ok();
    let version = json!({
        "algorithm": "m.megolm_backup.v1.curve25519-aes-sha2",
        "auth_data": { "public_key": "abcdefg", "signatures": {} },
    });
    let version = alice.post("/_matrix/client/v3/room_keys/version", version).await.ok();
    let session = json!({
        "first_message_index": 1, "forwarded_count": 0, "is_verified": true,
        "session_data": { "ciphertext": "zbackupzzz", "ephemeral": "e", "mac": "m" },
    });
    let version = version["version"].as_str().unwrap();
    let keys = format!("/_matrix/client/v3/room_keys/keys/{room}/session?version={version}");
    alice.put(&keys, session).await.ok();
}

#[tokio::test]
async fn no_word_that_anybody_wrote_stands_on_the_disk() {
    let mut server = Server::start_alone("").await;
    let alice = server.register("alice").await;
    write_everywhere(&server, &alice).await;
    server.stop().await;
    for word in WORDS {
        assert_eq!(server.files_with(word.as_bytes()), Vec::<std::path::PathBuf>::new(), "{word}");
    }
    assert!(server.files_with(alice.token.as_bytes()).is_empty(), "an access token");
}

#[tokio::test]
async fn the_search_finds_every_word_where_sealing_is_off() {
    let off = "[rooms]\nencryption = \"optional\"\n[store]\nsealing = \"off\"";
    let mut server = Server::start_alone(off).await;
    let alice = server.register("alice").await;
    write_everywhere(&server, &alice).await;
    server.stop().await;
    for word in WORDS {
        assert!(!server.files_with(word.as_bytes()).is_empty(), "{word} is not found");
    }
}
