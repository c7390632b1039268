//! Promise P1 in rooms: private conversations are encrypted, and the server refuses plaintext there.

use rooms::{Direct, NewRoom, Preset};
use serde_json::json;

use crate::town::{
    Refused, Town, encrypted, new_room, object, private, public, refusal, with_state,
};

#[tokio::test]
async fn whatever_is_not_open_to_everybody_is_encrypted_by_the_server() {
    let town = Town::new().await;
    let alice = town.person("alice");
    let direct = NewRoom { direct: Direct::Yes, ..public() };
    let closed = with_state(public(), "m.room.join_rules", json!({ "join_rule": "invite" }));
    let opened = with_state(private(), "m.room.join_rules", json!({ "join_rule": "public" }));
    let own = with_state(
        public(),
        "m.room.encryption",
        json!({
            "algorithm": "m.megolm.v1.aes-sha2", "rotation_period_ms": 5,
        }),
    );
    let space = NewRoom { creation_content: object(&json!({ "type": "m.space" })), ..private() };
    let table = [
        ("private", private(), true),
        ("trusted", new_room(Preset::TrustedPrivate), true),
        ("direct", direct, true),
        ("closed by a state event", closed, true),
        ("encrypted by its creator", own, true),
        ("public", public(), false),
        ("opened by a state event", opened, false),
        ("space", space, false),
    ];
    for (name, new, is_encrypted) in table {
        let room = alice.creates(new).await;
        let found = alice.state(&room, "m.room.encryption", "").await;
        assert_eq!(found.is_some(), is_encrypted, "{name}");
    }
}

#[tokio::test]
async fn plaintext_is_refused_where_it_must_be_encrypted() {
    for town in Town::everywhere().await {
        let [alice, bob] = town.people(["alice", "bob"]);
        let room = alice.gathers(private(), &[&bob]).await;
        for (kind, content) in [
            ("m.room.message", json!({ "msgtype": "m.text", "body": "hello" })),
            ("m.sticker", json!({ "body": "hello" })),
            ("m.poll.start", json!({})),
            ("org.example.anything", json!({ "text": "hello" })),
            ("m.room.encrypted", json!({ "body": "hello" })),
        ] {
            let sent = bob.sends(&room, kind, content).await;
            assert_eq!(refusal(sent), Refused::Plaintext, "{kind}");
        }
        let said = bob.says(&room, "ciphertext").await.unwrap();
        let reaction = json!({ "m.relates_to": {
            "rel_type": "m.annotation", "event_id": said, "key": "👍",
        } });
        bob.sends(&room, "m.reaction", reaction).await.unwrap();
        assert_eq!(alice.hears(&room).await.unwrap(), ["ciphertext"]);
    }
}

#[tokio::test]
async fn a_forum_takes_plaintext_until_it_is_encrypted_or_closed() {
    let town = Town::new().await;
    let alice = town.person("alice");
    let message = || json!({ "msgtype": "m.text", "body": "hello" });
    let closing = ("m.room.join_rules", json!({ "join_rule": "invite" }));
    let encrypting = ("m.room.encryption", json!({ "algorithm": "m.megolm.v1.aes-sha2" }));
    for (kind, content) in [closing, encrypting] {
        let room = alice.creates(public()).await;
        alice.sends(&room, "m.room.message", message()).await.unwrap();
        alice.sets(&room, (kind, ""), content).await.unwrap();
        let sent = alice.sends(&room, "m.room.message", message()).await;
        assert_eq!(refusal(sent), Refused::Plaintext, "{kind}");
    }
}

#[tokio::test]
async fn a_space_that_is_not_open_takes_no_messages_either() {
    let town = Town::new().await;
    let alice = town.person("alice");
    let kind = object(&json!({ "type": "m.space" }));
    let room = alice.creates(NewRoom { creation_content: kind, ..private() }).await;
    let sent = alice.sends(&room, "m.room.message", json!({ "body": "hello" })).await;
    assert_eq!(refusal(sent), Refused::Plaintext);
}

#[tokio::test]
async fn encryption_is_not_taken_back_or_weakened() {
    let town = Town::new().await;
    let alice = town.person("alice");
    let room = alice.creates(private()).await;
    for content in [json!({}), json!({ "algorithm": "none" }), json!({ "algorithm": 1 })] {
        let set = alice.sets(&room, ("m.room.encryption", ""), content).await;
        assert_eq!(refusal(set), Refused::Invalid);
    }
    let events = alice.sees(&room).await.unwrap();
    let encryption = events.iter().find(|event| event["type"] == "m.room.encryption").unwrap();
    let id = encryption["event_id"].as_str().unwrap().try_into().unwrap();
    alice.redacts(&room, id).await.unwrap();
    let sent = alice.sends(&room, "m.room.message", json!({ "body": "hello" })).await;
    assert_eq!(refusal(sent), Refused::Plaintext);
}

#[tokio::test]
async fn where_the_policy_says_so_rooms_are_plain_matrix() {
    let town = Town::lenient().await;
    let alice = town.person("alice");
    let room = alice.creates(private()).await;
    assert_eq!(alice.state(&room, "m.room.encryption", "").await, None);
    alice.sends(&room, "m.room.message", json!({ "body": "hello" })).await.unwrap();
    alice
        .sets(&room, ("m.room.encryption", ""), json!({ "algorithm": "m.megolm.v1.aes-sha2" }))
        .await
        .unwrap();
    alice.sends(&room, "m.room.message", json!({ "body": "still" })).await.unwrap();
    alice.sends(&room, "m.room.encrypted", encrypted("words")).await.unwrap();
    assert_eq!(alice.hears(&room).await.unwrap(), ["hello", "still", "words"]);
}
