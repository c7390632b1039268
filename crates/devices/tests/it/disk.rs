//! What a thief of the disk reads: nothing that a person wrote.

use std::collections::BTreeMap;

use devices::{RulePlace, Sending};
use ruma_common::push::{NewPatternedPushRule, NewPushRule};
use ruma_common::room_id;
use serde_json::json;

use crate::world::{Phone, World, raw_value};

/// Marks that no file may hold, one for each thing that a person writes.
const MARKS: [&str; 7] = [
    "mark-of-account-data",
    "mark.of.a.type",
    "mark-of-a-message",
    "mark-of-a-backup-key",
    "mark-of-auth-data",
    "mark-of-a-filter",
    "mark-of-a-push-rule",
];

#[tokio::test]
async fn nothing_that_a_person_wrote_is_readable_on_disk() {
    let world = World::on_disk().await;
    let (alice, bob) = (Phone::new("alice", "A"), Phone::new("bob", "B"));
    let devices = &world.devices;
    let room = room_id!("!room:s.example");
    let [data, kind, message, key, auth, filter, pattern] = MARKS;
    let text = |mark: &str| raw_value(&json!({ "text": mark }));

    devices.set_account_data(&alice.user, None, kind, &text(data)).await.unwrap();
    devices.set_account_data(&alice.user, Some(room), kind, &text(data)).await.unwrap();
    let from = Sending { user: &alice.user, device: &alice.device, transaction: message.into() };
    devices.send_to_devices(from, message, &bob.letter(message), &bob.known()).await.unwrap();
    let version = devices.create_backup(&alice.user, "m.x", &text(auth)).await.unwrap();
    let backed_up = raw_value(&json!({
        "is_verified": true, "first_message_index": 0, "forwarded_count": 0,
        "session_data": { "ciphertext": key },
    }));
    let sessions = BTreeMap::from([("session".to_owned(), backed_up)]);
    let keys = BTreeMap::from([(room.to_owned(), sessions)]);
    devices.put_backup_keys(&alice.user, &version, &keys).await.unwrap();
    devices.add_filter(&alice.user, &text(filter)).await.unwrap();
    let rule = NewPatternedPushRule::new("id".to_owned(), pattern.to_owned(), vec![]);
    let rule = NewPushRule::Content(rule);
    devices.set_push_rule(&alice.user, rule, &RulePlace::default()).await.unwrap();
    alice.publishes(&world).await;

    let world = world.reopened().await;
    let bytes: Vec<u8> = ["data", "keys"]
        .iter()
        .flat_map(|name| std::fs::read(world.folder().join(name)).unwrap())
        .collect();
    let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    for mark in MARKS {
        assert!(!holds(mark), "{mark} is readable");
    }
    // The search does find what is not sealed: public keys are for everybody.
    assert!(holds(&alice.public()));
}
