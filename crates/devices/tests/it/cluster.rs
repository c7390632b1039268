//! Several nodes over one store.

use std::collections::{BTreeMap, BTreeSet};

use base::number::LogPosition;
use devices::{BackedUpKeys, BackupPart, Claim, DeviceError, RulePlace, Sending};
use futures_util::future::join_all;
use journal::Span;
use ruma_common::OneTimeKeyAlgorithm;
use ruma_common::push::{Action, NewPatternedPushRule, NewPushRule};
use serde_json::json;

use crate::world::{ALICE, BOB, Identity, Phone, ROOM, World, raw_value};

const ALGORITHM: &str = "m.megolm_backup.v1.curve25519-aes-sha2";

fn rule(id: &str) -> NewPushRule {
    NewPushRule::Content(NewPatternedPushRule::new(id.into(), "word".into(), vec![Action::Notify]))
}

async fn rules(world: &World) -> Vec<String> {
    let rules = world.devices.push_rules(&ALICE).await.unwrap();
    rules.content.iter().map(|rule| rule.rule_id.clone()).collect()
}

fn claim(phone: &Phone) -> Claim {
    let algorithm = OneTimeKeyAlgorithm::SignedCurve25519;
    let wanted = BTreeMap::from([(phone.device.clone(), algorithm)]);
    Claim::from([(phone.user.clone(), wanted)])
}

#[tokio::test]
async fn push_rules_set_on_one_node_are_asked_on_the_other_at_once() {
    let (a, b, _) = World::cluster().await;
    let server: Vec<_> = rules(&b).await;
    for (number, (writer, reader)) in [(&a, &b), (&b, &a), (&a, &b)].into_iter().enumerate() {
        let name = format!("r{number}");
        writer.devices.set_push_rule(&ALICE, rule(&name), &RulePlace::default()).await.unwrap();
        assert!(rules(reader).await.contains(&name));
        assert_eq!(rules(reader).await, rules(writer).await);
    }
    assert_eq!(rules(&b).await.len(), server.len() + 3);
}

#[tokio::test]
async fn push_rules_are_followed_over_more_log_than_is_read_at_once() {
    let (a, b, _) = World::cluster().await;
    for changes in [600, 5000] {
        rules(&b).await;
        let name = format!("after{changes}");
        a.devices.set_push_rule(&ALICE, rule(&name), &RulePlace::default()).await.unwrap();
        let phone = Phone::new("bob", "PHONE");
        let note = raw_value(&json!({}));
        for _ in 0..changes {
            a.devices.set_account_data(&phone.user, None, "org.example", &note).await.unwrap();
        }
        assert!(rules(&b).await.contains(&name));
    }
}

#[tokio::test]
async fn push_rules_are_not_guessed_while_the_log_cannot_be_read() {
    let (a, b, disk) = World::cluster().await;
    rules(&b).await;
    a.devices.set_push_rule(&ALICE, rule("new"), &RulePlace::default()).await.unwrap();
    disk.go_away();
    assert!(b.devices.push_rules(&ALICE).await.is_err());
    disk.come_back();
    assert!(rules(&b).await.contains(&"new".to_owned()));
}

#[tokio::test]
async fn the_rules_of_a_person_who_left_are_forgotten_everywhere() {
    let (a, b, _) = World::cluster().await;
    a.devices.set_push_rule(&ALICE, rule("mine"), &RulePlace::default()).await.unwrap();
    assert!(rules(&b).await.contains(&"mine".to_owned()));
    a.devices.remove_all(&ALICE).await.unwrap();
    assert!(!rules(&b).await.contains(&"mine".to_owned()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn claims_on_two_nodes_at_once_get_each_key_once_and_then_the_fallback() {
    let (a, b, _) = World::cluster().await;
    let phone = Phone::new("alice", "PHONE");
    let names: Vec<String> = (0..50).map(|n| format!("k{n}")).collect();
    let keys: Vec<_> = names.iter().map(|name| (name.as_str(), 1)).collect();
    phone.offers(&a, &keys).await.unwrap();
    phone.falls_back_on(&b, "fallback").await;

    let claims = (0..200).map(|n| {
        let devices = if n % 2 == 0 { a.devices.clone() } else { b.devices.clone() };
        let claim = claim(&phone);
        tokio::spawn(async move { devices.claim_keys(&claim).await.unwrap() })
    });
    let mut ids = Vec::new();
    for claimed in join_all(claims).await {
        let keys = claimed.unwrap().keys.remove(&phone.user).unwrap();
        ids.extend(keys.into_values().flatten().map(|(id, _)| id.to_string()));
    }
    let fallback = "signed_curve25519:fallback";
    let once: Vec<_> = ids.iter().filter(|id| *id != fallback).collect();
    assert_eq!(ids.len(), 200);
    assert_eq!(once.iter().collect::<BTreeSet<_>>().len(), once.len(), "a key was given twice");
    assert_eq!(once.len(), 50);
    for node in [&a, &b] {
        assert_eq!(node.left(&phone).await, 0);
        assert!(!node.has_unused_fallback(&phone).await);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn claims_of_several_devices_on_two_nodes_never_share_a_key() {
    let (a, b, _) = World::cluster().await;
    let phones: Vec<_> = (0..5).map(|n| Phone::new("alice", &format!("P{n}"))).collect();
    for phone in &phones {
        let names: Vec<String> = (0..30).map(|n| format!("k{n}")).collect();
        let keys: Vec<_> = names.iter().map(|name| (name.as_str(), 1)).collect();
        phone.offers(&a, &keys).await.unwrap();
    }
    let mut wanted = Claim::new();
    for phone in &phones {
        let algorithm = OneTimeKeyAlgorithm::SignedCurve25519;
        wanted.entry(phone.user.clone()).or_default().insert(phone.device.clone(), algorithm);
    }
    let claims = (0..40).map(|n| {
        let devices = if n % 2 == 0 { a.devices.clone() } else { b.devices.clone() };
        let wanted = wanted.clone();
        tokio::spawn(async move { devices.claim_keys(&wanted).await.unwrap() })
    });
    let mut given = BTreeSet::new();
    for claimed in join_all(claims).await {
        for (device, keys) in claimed.unwrap().keys.remove(&*ALICE).unwrap_or_default() {
            for id in keys.into_keys() {
                assert!(given.insert((device.clone(), id.clone())), "{id} of {device} twice");
            }
        }
    }
    assert_eq!(given.len(), 5 * 30);
}

#[tokio::test]
async fn uploads_on_two_nodes_at_once_are_all_taken_and_counted() {
    let (a, b, _) = World::cluster().await;
    let phone = Phone::new("alice", "PHONE");
    for round in 0..10 {
        let (one, other) = (format!("a{round}"), format!("b{round}"));
        let on_a = [(one.as_str(), 1), ("same", 1)];
        let on_b = [(other.as_str(), 1), ("same", 1)];
        let (on_a, on_b) = tokio::join!(phone.offers(&a, &on_a), phone.offers(&b, &on_b));
        on_a.unwrap();
        on_b.unwrap();
    }
    assert_eq!(a.left(&phone).await, 21);
    let mut given = BTreeSet::new();
    for n in 0..21 {
        let node = if n % 2 == 0 { &a } else { &b };
        assert!(given.insert(node.claim(&phone).await.unwrap()));
    }
}

#[tokio::test]
async fn messages_sent_on_one_node_wait_on_the_other_in_order_until_acknowledged() {
    let (a, b, _) = World::cluster().await;
    let (phone, sender) = (Phone::new("alice", "PHONE"), Phone::new("bob", "PHONE"));
    for number in 0..10 {
        let node = if number % 2 == 0 { &a } else { &b };
        let transaction = format!("t{number}");
        let from = Sending {
            user: &sender.user,
            device: &sender.device,
            transaction: transaction.as_str().into(),
        };
        let letter = phone.letter(&number.to_string());
        // The same request repeated on the other node sends nothing again.
        for node in [node, &a, &b] {
            node.devices.send_to_devices(from, "m.x", &letter, &phone.known()).await.unwrap();
        }
    }
    let texts = |waiting: &[devices::Waiting]| -> Vec<String> {
        let text = |message: &devices::Waiting| {
            let event: serde_json::Value = serde_json::from_str(message.event.get()).unwrap();
            event["content"]["text"].as_str().unwrap().to_owned()
        };
        waiting.iter().map(text).collect()
    };
    let expected: Vec<_> = (0..10).map(|number| number.to_string()).collect();
    let waiting = b.inbox(&phone).await;
    assert_eq!(texts(&waiting), expected);
    b.devices.acknowledge(&phone.user, &phone.device, waiting[3].position).await.unwrap();
    assert_eq!(texts(&a.inbox(&phone).await), expected[4..]);
    let end = Span { after: LogPosition(0), upto: waiting[9].position };
    a.devices.acknowledge(&phone.user, &phone.device, end.upto).await.unwrap();
    assert!(b.inbox(&phone).await.is_empty());
}

#[tokio::test]
async fn account_data_changed_on_two_nodes_at_once_loses_no_change() {
    let (a, b, _) = World::cluster().await;
    let info = ruma_events::tag::TagInfo::new();
    for number in 0..20 {
        let (one, other) = (format!("u.a{number}"), format!("u.b{number}"));
        let (on_a, on_b) = tokio::join!(
            a.devices.set_tag(&ALICE, &ROOM, &one, &info),
            b.devices.set_tag(&ALICE, &ROOM, &other, &info),
        );
        on_a.unwrap();
        on_b.unwrap();
    }
    for node in [&a, &b] {
        assert_eq!(node.devices.tags(&ALICE, &ROOM).await.unwrap().len(), 40);
    }
}

#[tokio::test]
async fn a_filter_of_one_node_is_known_to_the_other() {
    let (a, b, _) = World::cluster().await;
    let filter = raw_value(&json!({ "room": {} }));
    let id = a.devices.add_filter(&ALICE, &filter).await.unwrap();
    assert_eq!(b.devices.add_filter(&ALICE, &filter).await.unwrap(), id);
    assert_eq!(b.devices.filter(&ALICE, &id).await.unwrap().unwrap().get(), filter.get());
}

fn session(name: &str) -> BackedUpKeys {
    let key = raw_value(&json!({
        "is_verified": true, "first_message_index": 0, "forwarded_count": 0,
        "session_data": { "ciphertext": name },
    }));
    BackedUpKeys::from([(ROOM.clone(), BTreeMap::from([(name.to_owned(), key)]))])
}

#[tokio::test]
async fn a_backup_filled_on_two_nodes_at_once_counts_every_key_and_every_change() {
    let (a, b, _) = World::cluster().await;
    let auth_data = raw_value(&json!({ "public_key": "x" }));
    let version = a.devices.create_backup(&ALICE, ALGORITHM, &auth_data).await.unwrap();
    for number in 0..20 {
        let (one, other) = (session(&format!("a{number}")), session(&format!("b{number}")));
        let (on_a, on_b) = tokio::join!(
            a.devices.put_backup_keys(&ALICE, &version, &one),
            b.devices.put_backup_keys(&ALICE, &version, &other),
        );
        assert_ne!(on_a.unwrap().etag, on_b.unwrap().etag);
    }
    for node in [&a, &b] {
        let info = node.devices.backup(&ALICE, None).await.unwrap();
        assert_eq!((info.stamp.count, info.stamp.etag.as_str()), (40, "40"));
        let keys = node.devices.backup_keys(&ALICE, &version, BackupPart::All).await.unwrap();
        assert_eq!(keys[&*ROOM].len(), 40);
    }
}

/// A new backup is begun because the old one is not to be trusted any more.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_key_goes_into_a_backup_after_another_node_has_begun_a_newer_one() {
    let (a, b, _) = World::cluster().await;
    for round in 0..300 {
        let auth_data = raw_value(&json!({ "public_key": "x" }));
        let old = a.devices.create_backup(&ALICE, ALGORITHM, &auth_data).await.unwrap();
        let name = format!("s{round}");
        let key = session(&name);
        let (on_b, version) = (b.devices.clone(), old.clone());
        let begins = tokio::spawn(async move {
            on_b.create_backup(&ALICE, ALGORITHM, &auth_data).await.unwrap();
            on_b.backup_keys(&ALICE, &version, BackupPart::All).await.unwrap().len()
        });
        let put = a.devices.put_backup_keys(&ALICE, &old, &key).await;
        let held = begins.await.unwrap();
        assert!(put.is_ok() || matches!(put, Err(DeviceError::WrongBackupVersion { .. })));
        let after = b.devices.backup_keys(&ALICE, &old, BackupPart::All).await.unwrap();
        assert_eq!(after.len(), held, "a key came into the old backup after the new one");
    }
}

#[tokio::test]
async fn identities_published_on_two_nodes_at_once_leave_one() {
    let (a, b, _) = World::cluster().await;
    let (one, other) = (Identity::new("alice"), Identity::new("alice"));
    let unconfirmed = devices::Identity::Unconfirmed;
    let (on_a, on_b) = (one.upload(), other.upload());
    let (on_a, on_b) = tokio::join!(
        a.devices.upload_cross_signing_keys(&ALICE, &on_a, unconfirmed),
        b.devices.upload_cross_signing_keys(&ALICE, &on_b, unconfirmed),
    );
    assert!(on_a.is_ok() != on_b.is_ok(), "{on_a:?} {on_b:?}");
    assert!(matches!(on_a.err().or(on_b.err()), Some(DeviceError::Unconfirmed)));
    let (on_a, on_b) = (a.query(&ALICE, &ALICE).await, b.query(&ALICE, &ALICE).await);
    assert_eq!(on_a.master_keys, on_b.master_keys);
    assert_eq!(on_a.user_signing_keys, on_b.user_signing_keys);
}

/// A device named as a cross-signing key would be taken for it: whichever comes second is refused.
#[tokio::test]
async fn a_device_and_a_cross_signing_key_of_one_name_do_not_pass_each_other() {
    for _ in 0..20 {
        let (a, b, _) = World::cluster().await;
        let identity = Identity::new("alice");
        let public = crate::world::public(&identity.master);
        let phone = Phone::new("alice", &public);
        let upload = devices::KeyUpload {
            device_keys: Some(phone.identity()),
            ..devices::KeyUpload::default()
        };
        let keys = identity.upload();
        let (on_a, on_b) = tokio::join!(
            a.devices.upload_keys(&ALICE, &phone.device, &upload),
            b.devices.upload_cross_signing_keys(&ALICE, &keys, devices::Identity::Unconfirmed),
        );
        assert!(on_a.is_ok() != on_b.is_ok(), "{:?} {on_b:?}", on_a.err());
    }
}

#[tokio::test]
async fn devices_and_signatures_of_one_node_are_seen_on_the_other() {
    let (a, b, _) = World::cluster().await;
    let phone = Phone::new("alice", "PHONE");
    phone.publishes(&a).await;
    let seen = b.query(&BOB, &ALICE).await;
    assert!(seen.device_keys[&*ALICE].contains_key(&phone.device));
    b.devices.remove(&ALICE, &phone.device).await.unwrap();
    let seen = a.query(&BOB, &ALICE).await;
    assert!(seen.device_keys[&*ALICE].is_empty());
}
