//! Sealing off: readable, and never mistaken for sealed.

#![expect(clippy::unwrap_used, reason = "tests")]

use ruma_common::user_id;
use store::{MemoryDisk, Store};
use vault::{KeyEncryptionKey, Owner, Place, Sealing, SealingKey, Vault};

const PLACE: Place<'_> = Place { table: "notes", key: b"1" };

async fn key(disk: &MemoryDisk, sealing: Sealing) -> SealingKey {
    let keyring = Store::open_memory(disk, None).unwrap();
    let master = KeyEncryptionKey::from_bytes([7; 32]);
    let vault = Vault::open_with(keyring, master, sealing).await.unwrap();
    vault.key(&Owner::Person(user_id!("@alice:one.example").to_owned())).await.unwrap()
}

#[tokio::test]
async fn what_is_left_clear_is_readable_and_reads_back() {
    let key = key(&MemoryDisk::new(), Sealing::Off).await;
    let clear = key.seal(PLACE, b"a word").unwrap();
    assert!(clear.ends_with(b"a word"));
    assert_eq!(key.open(PLACE, &clear).unwrap(), b"a word");

    let (mut sealer, wrapped) = key.seal_stream(PLACE).unwrap();
    let (first, last) = (sealer.next(b"first").unwrap(), sealer.last(b"last").unwrap());
    assert!(first.starts_with(b"first"));
    let mut opener = key.open_stream(PLACE, &wrapped).unwrap();
    assert_eq!(opener.next(&first).unwrap(), b"first");
    assert_eq!(opener.last(&last).unwrap(), b"last");
}

#[tokio::test]
async fn clear_records_are_refused_where_sealing_is_on_and_sealed_ones_where_it_is_off() {
    let disk = MemoryDisk::new();
    let (on, off) = (key(&disk, Sealing::On).await, key(&disk, Sealing::Off).await);
    assert!(on.open(PLACE, &off.seal(PLACE, b"a word").unwrap()).is_err());
    assert!(off.open(PLACE, &on.seal(PLACE, b"a word").unwrap()).is_err());
}
