//! One-time keys: handed out once, oldest first, and the fallback after them.

use std::collections::BTreeSet;

use base::change::Change;
use base::number::LogPosition;
use devices::{Claim, DeviceError, KeyUpload};
use futures_util::future::join_all;
use ruma_common::{OneTimeKeyAlgorithm, owned_user_id, user_id};
use std::collections::BTreeMap;

use crate::world::{Phone, World};

#[tokio::test]
async fn keys_are_claimed_in_the_order_of_their_upload_and_then_the_fallback_for_ever() {
    let world = World::in_memory().await;
    let phone = Phone::new("alice", "PHONE");
    phone.offers(&world, &[("z", 1)]).await.unwrap();
    phone.offers(&world, &[("a", 2)]).await.unwrap();
    phone.falls_back_on(&world, "f").await;
    assert_eq!(world.left(&phone).await, 2);
    assert!(world.has_unused_fallback(&phone).await);

    let mut claimed = Vec::new();
    for _ in 0..4 {
        claimed.push(world.claim(&phone).await.unwrap());
    }
    let names: Vec<_> = claimed.iter().map(|id| id.rsplit(':').next().unwrap()).collect();
    assert_eq!(names, ["z", "a", "f", "f"]);
    assert_eq!(world.left(&phone).await, 0);
    assert!(!world.has_unused_fallback(&phone).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_hundred_claims_at_once_get_fifty_keys_once_each_and_the_fallback() {
    let world = World::on_disk().await;
    let phone = Phone::new("alice", "PHONE");
    let names: Vec<String> = (0..50).map(|n| format!("k{n}")).collect();
    let keys: Vec<_> = names.iter().map(|name| (name.as_str(), 1)).collect();
    phone.offers(&world, &keys).await.unwrap();
    phone.falls_back_on(&world, "fallback").await;

    let claims = (0..200).map(|_| {
        let devices = world.devices.clone();
        let algorithm = OneTimeKeyAlgorithm::SignedCurve25519;
        let wanted = BTreeMap::from([(phone.device.clone(), algorithm)]);
        let claim = Claim::from([(phone.user.clone(), wanted)]);
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
    assert_eq!(once.len(), 50);
    assert_eq!(once.iter().collect::<BTreeSet<_>>().len(), 50);
    assert_eq!(world.left(&phone).await, 0);
    assert!(!world.has_unused_fallback(&phone).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn claims_while_keys_come_in_get_each_once() {
    let world = World::in_memory().await;
    let phone = Phone::new("alice", "PHONE");
    let uploads = async {
        for n in 0..30 {
            let name = format!("k{n}");
            phone.offers(&world, &[(&name, 1)]).await.unwrap();
        }
    };
    let claims = async {
        let mut ids = Vec::new();
        while ids.len() < 30 {
            ids.extend(join_all((0..4).map(|_| world.claim(&phone))).await.into_iter().flatten());
            tokio::task::yield_now().await;
        }
        ids
    };
    let ((), ids) = tokio::join!(uploads, claims);
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
    assert_eq!(world.left(&phone).await, 0);
}

#[tokio::test]
async fn an_upload_repeated_changes_nothing_even_after_its_keys_were_claimed() {
    let world = World::on_disk().await;
    let phone = Phone::new("alice", "PHONE");
    phone.offers(&world, &[("a", 1), ("b", 1)]).await.unwrap();
    let world = world.reopened().await;
    let end = world.store.log_end();
    phone.offers(&world, &[("a", 1), ("b", 1)]).await.unwrap();
    assert_eq!(world.store.log_end(), end, "nothing is told when nothing changed");

    assert_eq!(world.claim(&phone).await.unwrap(), "signed_curve25519:a");
    let world = world.reopened().await;
    phone.offers(&world, &[("a", 1), ("b", 1)]).await.unwrap();
    assert_eq!(world.left(&phone).await, 1);
    assert_eq!(world.claim(&phone).await.unwrap(), "signed_curve25519:b");
    assert_eq!(world.claim(&phone).await, None);
}

#[tokio::test]
async fn another_key_under_a_known_id_is_refused_and_nothing_of_its_upload_is_kept() {
    let world = World::in_memory().await;
    let phone = Phone::new("alice", "PHONE");
    phone.offers(&world, &[("a", 1)]).await.unwrap();
    let refused = phone.offers(&world, &[("a", 2), ("b", 2)]).await;
    assert!(matches!(refused, Err(DeviceError::Invalid(_))), "{refused:?}");
    assert_eq!(world.left(&phone).await, 1);
}

#[tokio::test]
async fn a_device_has_a_thousand_keys_waiting_at_most() {
    let world = World::in_memory().await;
    let phone = Phone::new("alice", "PHONE");
    let names: Vec<String> = (0..1_001).map(|n| n.to_string()).collect();
    let keys: Vec<_> = names.iter().map(|name| (name.as_str(), 1)).collect();
    assert!(matches!(phone.offers(&world, &keys).await, Err(DeviceError::Invalid(_))));
    phone.offers(&world, &keys[1..]).await.unwrap();
    assert_eq!(world.left(&phone).await, 1_000);
}

#[tokio::test]
async fn ids_of_the_last_claimed_keys_are_remembered_and_older_ones_forgotten() {
    let world = World::in_memory().await;
    let phone = Phone::new("alice", "PHONE");
    for round in 0..8 {
        let names: Vec<String> = (0..50).map(|n| format!("{round}-{n:02}")).collect();
        let keys: Vec<_> = names.iter().map(|name| (name.as_str(), 1)).collect();
        phone.offers(&world, &keys).await.unwrap();
        for _ in 0..50 {
            world.claim(&phone).await.unwrap();
        }
    }
    phone.offers(&world, &[("7-49", 1), ("3-49", 1)]).await.unwrap();
    assert_eq!(world.left(&phone).await, 0, "claimed lately");
    phone.offers(&world, &[("0-00", 1)]).await.unwrap();
    assert_eq!(world.left(&phone).await, 1, "claimed too long ago to be remembered");
}

#[tokio::test]
async fn a_fallback_key_is_replaced_by_another_and_keeps_its_mark_when_repeated() {
    let world = World::in_memory().await;
    let phone = Phone::new("alice", "PHONE");
    phone.falls_back_on(&world, "f1").await;
    world.claim(&phone).await.unwrap();
    phone.falls_back_on(&world, "f1").await;
    assert!(!world.has_unused_fallback(&phone).await, "it was handed out");
    phone.falls_back_on(&world, "f2").await;
    assert!(world.has_unused_fallback(&phone).await);
    assert_eq!(world.claim(&phone).await.unwrap(), "signed_curve25519:f2");
}

#[tokio::test]
async fn two_fallback_keys_of_one_algorithm_are_refused() {
    let world = World::in_memory().await;
    let phone = Phone::new("alice", "PHONE");
    let keys = BTreeMap::from([phone.one_time_key("a", 1), phone.one_time_key("b", 1)]);
    let upload = KeyUpload { fallback_keys: keys, ..KeyUpload::default() };
    let refused = world.devices.upload_keys(&phone.user, &phone.device, &upload).await;
    assert!(matches!(refused, Err(DeviceError::Invalid(_))), "{refused:?}");
}

#[tokio::test]
async fn who_has_no_keys_is_missing_and_another_server_is_named() {
    let world = World::in_memory().await;
    let algorithm = OneTimeKeyAlgorithm::SignedCurve25519;
    let wanted = BTreeMap::from([("PHONE".into(), algorithm)]);
    let claim = Claim::from([
        (owned_user_id!("@nobody:s.example"), wanted.clone()),
        (owned_user_id!("@far:elsewhere.example"), wanted),
    ]);
    let claimed = world.devices.claim_keys(&claim).await.unwrap();
    assert!(claimed.keys.is_empty());
    let servers: Vec<_> = claimed.unreachable.iter().map(ToString::to_string).collect();
    assert_eq!(servers, ["elsewhere.example"]);
}

#[tokio::test]
async fn an_upload_and_a_claim_are_told_to_the_device() {
    let world = World::in_memory().await;
    let phone = Phone::new("alice", "PHONE");
    phone.offers(&world, &[("a", 1)]).await.unwrap();
    phone.falls_back_on(&world, "f").await;
    for _ in 0..3 {
        world.claim(&phone).await.unwrap();
    }
    let told = Change::OneTimeKeys {
        user: user_id!("@alice:s.example").to_owned(),
        device: "PHONE".into(),
    };
    // Two uploads, the key claimed, the fallback's first use; its second use changes nothing.
    assert_eq!(world.changes_since(LogPosition(0)).await, vec![told; 4]);
}
