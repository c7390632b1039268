//! Vaults of several nodes over one keyring.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ruma_common::UserId;
use store::{MemoryDisk, Store, StoreError};
use vault::{KeyEncryptionKey, Owner, Place, Vault, VaultError};

const PLACE: Place<'_> = Place { table: "notes", key: b"1" };

async fn node(disk: &MemoryDisk) -> Vault {
    let keyring = Store::open_memory(disk, None).unwrap();
    Vault::open(keyring, KeyEncryptionKey::from_bytes([7; 32])).await.unwrap()
}

async fn two_nodes() -> (Vault, Vault) {
    let disk = MemoryDisk::new();
    (node(&disk).await, node(&disk).await)
}

fn person(name: &str) -> Owner {
    Owner::Person(UserId::parse(format!("@{name}:one.example")).unwrap())
}

#[tokio::test]
async fn a_key_destroyed_on_one_node_is_gone_on_the_other() {
    let (a, b) = two_nodes().await;
    let (alice, bob) = (person("alice"), person("bob"));
    let sealed = a.key(&bob).await.unwrap().seal(PLACE, b"hello").unwrap();
    a.key(&alice).await.unwrap();
    for owner in [&alice, &bob] {
        assert!(b.existing_key(owner).await.unwrap().is_some());
    }
    a.destroy(&alice).await.unwrap();
    b.catch_up().await.unwrap();
    assert!(b.existing_key(&alice).await.unwrap().is_none());
    assert!(matches!(b.key(&alice).await, Err(VaultError::Destroyed(_))));
    assert_eq!(b.key(&bob).await.unwrap().open(PLACE, &sealed).unwrap(), b"hello");
}

#[tokio::test]
async fn a_node_that_opens_later_has_no_destroyed_key_either() {
    let disk = MemoryDisk::new();
    let a = node(&disk).await;
    a.key(&person("alice")).await.unwrap();
    a.destroy(&person("alice")).await.unwrap();
    assert!(node(&disk).await.existing_key(&person("alice")).await.unwrap().is_none());
}

#[tokio::test]
async fn two_nodes_that_make_a_first_key_at_once_get_the_same() {
    let (a, b) = two_nodes().await;
    for number in 0..50 {
        let owner = person(&format!("p{number}"));
        let (on_a, on_b) = tokio::join!(a.key(&owner), b.key(&owner));
        let sealed = on_a.unwrap().seal(PLACE, b"hello").unwrap();
        assert_eq!(on_b.unwrap().open(PLACE, &sealed).unwrap(), b"hello");
    }
    let (on_a, on_b) = tokio::join!(a.signing_key(), b.signing_key());
    assert_eq!(on_a.unwrap().public_key(), on_b.unwrap().public_key());
}

/// Readers that had the key in hand when it was destroyed do not bring it back.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_key_once_known_to_be_destroyed_stays_so_under_a_race() {
    let (a, b) = two_nodes().await;
    for number in 0..100 {
        let owner = person(&format!("p{number}"));
        a.key(&owner).await.unwrap();
        let over = Arc::new(AtomicBool::new(false));
        let reader = || {
            let (b, owner, over) = (b.clone(), owner.clone(), over.clone());
            tokio::spawn(async move {
                while !over.load(Ordering::SeqCst) {
                    b.existing_key(&owner).await.unwrap();
                    tokio::task::yield_now().await;
                }
            })
        };
        let readers: Vec<_> = (0..4).map(|_| reader()).collect();
        a.destroy(&owner).await.unwrap();
        b.catch_up().await.unwrap();
        for _ in 0..20 {
            assert!(b.existing_key(&owner).await.unwrap().is_none());
            tokio::task::yield_now().await;
        }
        over.store(true, Ordering::SeqCst);
        for reader in readers {
            reader.await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_node_whose_keyring_was_away_learns_what_was_destroyed_meanwhile() {
    let disk = MemoryDisk::new();
    let (a, b) = (node(&disk).await, node(&disk).await);
    let (alice, bob) = (person("alice"), person("bob"));
    a.key(&alice).await.unwrap();
    a.key(&bob).await.unwrap();
    b.key(&alice).await.unwrap();
    a.destroy(&alice).await.unwrap();
    disk.go_away();
    // It knows that something was destroyed and cannot read what: it gives no key.
    let refused = b.existing_key(&alice).await;
    assert!(matches!(refused, Err(VaultError::Store(StoreError::Unavailable { .. }))));
    disk.come_back();
    assert!(b.existing_key(&alice).await.unwrap().is_none());
    assert!(b.existing_key(&bob).await.unwrap().is_some());
}

#[tokio::test]
async fn what_is_remembered_is_used_while_the_keyring_is_away() {
    let disk = MemoryDisk::new();
    let (a, b) = (node(&disk).await, node(&disk).await);
    a.key(&person("alice")).await.unwrap();
    b.key(&person("alice")).await.unwrap();
    disk.go_away();
    assert!(b.existing_key(&person("alice")).await.unwrap().is_some());
}
