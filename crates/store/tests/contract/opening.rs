//! Opening, closing, and refusing what another version wrote.

use std::time::Duration;

use base::number::LogPosition;
use store::{Batch, CodecError, Prefix, Store, StoreError, Table};

use crate::contract::disk::Disk;

const ROWS: Table<String, u64> = Table::new("rows");

on_every_engine!(
    what_was_committed_is_there_after_reopening,
    dropping_the_store_lets_it_be_opened_again_at_once,
    what_waits_is_written_before_the_drop_returns,
    the_store_of_a_newer_program_is_refused,
    a_store_with_a_malformed_schema_is_refused,
    values_of_an_unknown_version_are_refused,
    keys_and_values_of_other_shapes_are_refused,
);

async fn put(store: &Store, key: &str, value: u64) {
    let mut batch = Batch::new();
    ROWS.put(&mut batch, &key.to_owned(), &value).unwrap();
    store.commit(batch).await.unwrap();
}

async fn what_was_committed_is_there_after_reopening(disk: Disk) {
    put(&disk.open().await, "key", 7).await;
    assert_eq!(ROWS.get(&disk.open().await, &"key".to_owned()).await.unwrap(), Some(7));
}

async fn dropping_the_store_lets_it_be_opened_again_at_once(disk: Disk) {
    for turn in 0..20 {
        let store = disk.open().await;
        let (clone, follower) = (store.clone(), store.follow(LogPosition(0)));
        let writer = tokio::spawn(async move { put(&clone, "key", turn).await });
        drop(store);
        drop(follower);
        writer.await.unwrap();
    }
    assert_eq!(ROWS.get(&disk.open().await, &"key".to_owned()).await.unwrap(), Some(19));
}

async fn what_waits_is_written_before_the_drop_returns(disk: Disk) {
    let store = disk.open().await;
    for n in 0..50_u64 {
        let store = store.clone();
        let mut batch = Batch::new();
        ROWS.put(&mut batch, &n.to_string(), &n).unwrap();
        // The asker goes away before the answer; the batch was handed over.
        let asked = tokio::time::timeout(Duration::ZERO, store.commit(batch)).await;
        drop(asked);
    }
    drop(store);
    let rows = ROWS.all(&disk.open().await, &Prefix::all()).await.unwrap();
    assert_eq!(rows.len(), 50);
}

async fn the_store_of_a_newer_program_is_refused(disk: Disk) {
    const SCHEMA: Table<(), u64> = Table::new("schema");
    let store = disk.open().await;
    let mut batch = Batch::new();
    SCHEMA.put(&mut batch, &(), &99).unwrap();
    store.commit(batch).await.unwrap();
    drop(store);
    let refused = disk.try_open(None).await.err().unwrap();
    assert_eq!(refused.to_string(), "store has schema version 99, this program knows 1 at most");
}

async fn a_store_with_a_malformed_schema_is_refused(disk: Disk) {
    const SCHEMA: Table<(), String> = Table::new("schema").in_version(9);
    let store = disk.open().await;
    let mut batch = Batch::new();
    SCHEMA.put(&mut batch, &(), &"what".to_owned()).unwrap();
    store.commit(batch).await.unwrap();
    drop(store);
    let refused = disk.try_open(None).await.err().unwrap();
    assert!(matches!(refused, StoreError::Codec { table: "schema", .. }), "{refused}");
}

async fn values_of_an_unknown_version_are_refused(disk: Disk) {
    const NEWER: Table<String, u64> = Table::new("rows").in_version(2);
    let store = disk.open().await;
    put(&store, "old", 1).await;
    let mut batch = Batch::new();
    NEWER.put(&mut batch, &"new".to_owned(), &2).unwrap();
    store.commit(batch).await.unwrap();
    let refused = ROWS.get(&store, &"new".to_owned()).await.unwrap_err();
    let StoreError::Codec { table: "rows", source: CodecError::Version(2) } = refused else {
        panic!("{refused}");
    };
    assert!(ROWS.all(&store, &Prefix::all()).await.is_err());
    assert_eq!(ROWS.get(&store, &"old".to_owned()).await.unwrap(), Some(1));
}

async fn keys_and_values_of_other_shapes_are_refused(disk: Disk) {
    const AS_NUMBERS: Table<u64, String> = Table::new("rows");
    const AS_TEXT: Table<String, String> = Table::new("rows");
    let store = disk.open().await;
    put(&store, "key", 300).await;
    let by_key = AS_NUMBERS.all(&store, &Prefix::all()).await.unwrap_err();
    assert!(matches!(by_key, StoreError::Codec { table: "rows", .. }), "{by_key}");
    let by_value = AS_TEXT.get(&store, &"key".to_owned()).await.unwrap_err();
    assert!(matches!(by_value, StoreError::Codec { table: "rows", .. }), "{by_value}");
}

mod redb_file {
    use super::*;

    #[tokio::test]
    async fn a_file_in_use_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        let store = Store::open_redb(&path, 1 << 20).unwrap();
        let refused = Store::open_redb(&path, 1 << 20).err().unwrap();
        assert!(matches!(refused, StoreError::InUse { .. }), "{refused}");
        assert!(refused.to_string().contains("store is in use"), "{refused}");
        drop(store);
        Store::open_redb(&path, 1 << 20).unwrap();
    }

    #[tokio::test]
    async fn a_folder_that_is_not_there_is_named() {
        let path = std::path::Path::new("/nowhere/at/all/store");
        let refused = Store::open_redb(path, 1 << 20).err().unwrap();
        assert!(matches!(refused, StoreError::Open { .. }), "{refused}");
        assert!(refused.to_string().starts_with("store /nowhere/at/all/store: "), "{refused}");
    }

    #[tokio::test]
    async fn a_file_that_is_no_store_is_refused_and_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        let text = b"a letter to my aunt ".repeat(1000);
        std::fs::write(&path, &text).unwrap();
        let refused = Store::open_redb(&path, 1 << 20).err().unwrap();
        assert!(matches!(refused, StoreError::Open { .. }), "{refused}");
        assert_eq!(std::fs::read(&path).unwrap(), text);
    }

    #[tokio::test]
    async fn the_file_is_its_owners_only() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        let _store = Store::open_redb(&path, 1 << 20).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
}
