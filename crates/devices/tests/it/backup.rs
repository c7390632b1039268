//! The backup of room keys.

use std::collections::BTreeMap;

use devices::{BackedUpKeys, BackupPart, BackupStamp, DeviceError};
use ruma_common::RoomId;
use serde_json::{Value, json};

use crate::world::{ALICE, OTHER, ROOM, World, raw_value};

const ALGORITHM: &str = "m.megolm_backup.v1.curve25519-aes-sha2";

/// A key: whether verified, first index, times forwarded, and a mark.
fn key((is_verified, first, forwarded): (bool, u64, u64), mark: &str) -> Value {
    json!({
        "is_verified": is_verified, "first_message_index": first, "forwarded_count": forwarded,
        "session_data": { "ciphertext": mark },
    })
}

fn keys(room: &RoomId, session: &str, key: &Value) -> BackedUpKeys {
    let sessions = BTreeMap::from([(session.to_owned(), raw_value(key))]);
    BackedUpKeys::from([(room.to_owned(), sessions)])
}

async fn begin(world: &World, mark: &str) -> String {
    let auth_data = raw_value(&json!({ "public_key": mark }));
    world.devices.create_backup(&ALICE, ALGORITHM, &auth_data).await.unwrap()
}

async fn put(world: &World, version: &str, keys: &BackedUpKeys) -> BackupStamp {
    world.devices.put_backup_keys(&ALICE, version, keys).await.unwrap()
}

async fn mark_of(world: &World, version: &str, session: &str) -> Option<String> {
    let part = BackupPart::Session(&ROOM, session);
    let mut found = world.devices.backup_keys(&ALICE, version, part).await.unwrap();
    let key = found.remove(&*ROOM)?.remove(session)?;
    let key: Value = serde_json::from_str(key.get()).unwrap();
    Some(key["session_data"]["ciphertext"].as_str()?.to_owned())
}

#[tokio::test]
async fn versions_are_never_given_twice_and_the_newest_is_the_current_one() {
    let world = World::on_disk().await;
    let missing = world.devices.backup(&ALICE, None).await;
    assert!(matches!(missing, Err(DeviceError::NotFound(_))), "{missing:?}");
    let (one, two) = (begin(&world, "one").await, begin(&world, "two").await);
    let world = world.reopened().await;
    let newest = world.devices.backup(&ALICE, None).await.unwrap();
    assert_eq!((newest.version.as_str(), newest.algorithm.as_str()), (two.as_str(), ALGORITHM));
    assert_eq!(newest.auth_data.get(), r#"{"public_key":"two"}"#);

    world.devices.delete_backup(&ALICE, &two).await.unwrap();
    world.devices.delete_backup(&ALICE, &two).await.unwrap();
    assert_eq!(world.devices.backup(&ALICE, None).await.unwrap().version, one);
    let gone = world.devices.backup(&ALICE, Some(&two)).await;
    assert!(matches!(gone, Err(DeviceError::NotFound(_))), "{gone:?}");
    let never = world.devices.delete_backup(&ALICE, "9").await;
    assert!(matches!(never, Err(DeviceError::NotFound(_))), "{never:?}");
    let three = begin(&world, "three").await;
    assert!(three != one && three != two);
}

#[tokio::test]
async fn of_two_copies_of_a_key_the_better_one_stays() {
    // What is held, what is offered, whether it replaces (specification, "Server-side key backups").
    let table = [
        ((false, 5, 5), (true, 9, 9), true),
        ((true, 9, 9), (false, 0, 0), false),
        ((true, 5, 5), (true, 4, 9), true),
        ((true, 4, 9), (true, 5, 5), false),
        ((false, 5, 5), (false, 5, 4), true),
        ((false, 5, 4), (false, 5, 5), false),
        ((false, 5, 5), (false, 5, 5), false),
    ];
    let world = World::in_memory().await;
    for (held, offered, replaces) in table {
        let version = begin(&world, "x").await;
        let before = put(&world, &version, &keys(&ROOM, "s", &key(held, "held"))).await;
        let after = put(&world, &version, &keys(&ROOM, "s", &key(offered, "offered"))).await;
        let expected = if replaces { "offered" } else { "held" };
        assert_eq!(mark_of(&world, &version, "s").await.unwrap(), expected, "{held:?} {offered:?}");
        assert_eq!(before.etag != after.etag, replaces, "the etag changes with the keys only");
        assert_eq!((before.count, after.count), (1, 1));
    }
}

#[tokio::test]
async fn keys_are_counted_read_and_deleted_by_part() {
    let world = World::on_disk().await;
    let version = begin(&world, "x").await;
    for (room, session) in [(&ROOM, "a"), (&ROOM, "b"), (&OTHER, "a"), (&OTHER, "c")] {
        put(&world, &version, &keys(room, session, &key((true, 0, 0), "k"))).await;
    }
    let world = world.reopened().await;
    let count = async |part| {
        let found = world.devices.backup_keys(&ALICE, &version, part).await.unwrap();
        found.values().map(BTreeMap::len).sum::<usize>()
    };
    assert_eq!(count(BackupPart::All).await, 4);
    assert_eq!(count(BackupPart::Room(&ROOM)).await, 2);
    let delete =
        async |part| world.devices.delete_backup_keys(&ALICE, &version, part).await.unwrap();
    let stamp = world.devices.backup(&ALICE, None).await.unwrap().stamp;
    assert_eq!(stamp.count, 4);
    let after = delete(BackupPart::Session(&ROOM, "a")).await;
    assert!(after.count == 3 && after.etag != stamp.etag);
    assert_eq!(delete(BackupPart::Session(&ROOM, "a")).await, after, "nothing changed");
    assert_eq!(delete(BackupPart::Room(&OTHER)).await.count, 1);
    assert_eq!(delete(BackupPart::All).await.count, 0);
    assert_eq!(count(BackupPart::All).await, 0);
}

#[tokio::test]
async fn keys_go_into_the_newest_backup_only() {
    let world = World::in_memory().await;
    let some = keys(&ROOM, "s", &key((true, 0, 0), "k"));
    let none = world.devices.put_backup_keys(&ALICE, "1", &some).await;
    assert!(matches!(none, Err(DeviceError::NotFound(_))), "{none:?}");
    let (old, new) = (begin(&world, "old").await, begin(&world, "new").await);
    for version in [old.as_str(), "77", "nonsense"] {
        let refused = world.devices.put_backup_keys(&ALICE, version, &some).await;
        let Err(DeviceError::WrongBackupVersion { current }) = refused else {
            panic!("{version}: {refused:?}")
        };
        assert_eq!(current, new);
    }
    assert!(world.devices.backup_keys(&ALICE, &old, BackupPart::All).await.unwrap().is_empty());
}

#[tokio::test]
async fn malformed_keys_are_refused_whole() {
    let world = World::in_memory().await;
    let version = begin(&world, "x").await;
    let mut both = keys(&ROOM, "good", &key((true, 0, 0), "k"));
    for bad in [
        json!({}),
        json!({ "is_verified": true, "first_message_index": -1, "forwarded_count": 0, "session_data": {} }),
        json!({ "is_verified": true, "first_message_index": 0, "forwarded_count": 0, "session_data": "x" }),
    ] {
        both.get_mut(&*ROOM).unwrap().insert("bad".to_owned(), raw_value(&bad));
        let refused = world.devices.put_backup_keys(&ALICE, &version, &both).await;
        assert!(matches!(refused, Err(DeviceError::Malformed(_))), "{bad}: {refused:?}");
    }
    assert_eq!(world.devices.backup(&ALICE, None).await.unwrap().stamp.count, 0);
}

#[tokio::test]
async fn only_what_the_algorithm_needs_to_know_may_change() {
    let world = World::in_memory().await;
    let version = begin(&world, "x").await;
    let data = raw_value(&json!({ "public_key": "y" }));
    world.devices.update_backup(&ALICE, &version, ALGORITHM, &data).await.unwrap();
    let info = world.devices.backup(&ALICE, Some(&version)).await.unwrap();
    assert_eq!(info.auth_data.get(), data.get());
    let other = world.devices.update_backup(&ALICE, &version, "org.other", &data).await;
    assert!(matches!(other, Err(DeviceError::Invalid(_))), "{other:?}");
    let missing = world.devices.update_backup(&ALICE, "7", ALGORITHM, &data).await;
    assert!(matches!(missing, Err(DeviceError::NotFound(_))), "{missing:?}");
}

#[tokio::test]
async fn keys_put_at_once_by_two_devices_are_all_counted() {
    let world = World::in_memory().await;
    let version = begin(&world, "x").await;
    let puts = (0..20).map(|n| {
        let (world, version) = (&world, &version);
        async move {
            let session = format!("s{}", n % 10);
            put(world, version, &keys(&ROOM, &session, &key((true, 0, 0), "k"))).await
        }
    });
    futures_util::future::join_all(puts).await;
    assert_eq!(world.devices.backup(&ALICE, None).await.unwrap().stamp.count, 10);
}
