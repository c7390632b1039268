//! The vault as its users see it, on real stores.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::path::Path;

use base::number::RoomNo;
use ruma_common::user_id;
use store::{Batch, Direction, MemoryDisk, Prefix, Store, Table};
use vault::{
    CHUNK, KeyEncryptionKey, Owner, Page, Place, SealedTable, SealingKey, Vault, VaultError,
};

const NOTES: SealedTable<(String, u64), String> = SealedTable::new("notes");

fn master() -> KeyEncryptionKey {
    KeyEncryptionKey::from_bytes([7; 32])
}

fn keyring(path: &Path) -> Store {
    Store::open_redb(path, 1 << 20).unwrap()
}

async fn vault() -> Vault {
    let keyring = Store::open_memory(&MemoryDisk::new(), None).unwrap();
    Vault::open(keyring, master()).await.unwrap()
}

fn alice() -> Owner {
    Owner::Person(user_id!("@alice:one.example").to_owned())
}

fn place(key: &[u8]) -> Place<'_> {
    Place { table: "notes", key }
}

async fn alices_key() -> SealingKey {
    vault().await.key(&alice()).await.unwrap()
}

mod records {
    use super::*;

    #[tokio::test]
    async fn what_was_sealed_opens() {
        let key = alices_key().await;
        for plain in [&b""[..], b"x", &[5; 300], &vec![9; 100_000]] {
            let sealed = key.seal(place(b"1"), plain).unwrap();
            assert_eq!(sealed.len(), plain.len() + 41);
            assert_eq!(key.open(place(b"1"), &sealed).unwrap(), plain);
        }
    }

    #[tokio::test]
    async fn a_mark_is_the_same_for_its_key_and_place_alone() {
        let vault = vault().await;
        let key = vault.key(&alice()).await.unwrap();
        let mark = key.mark(place(b"1")).unwrap();
        assert_eq!(vault.key(&alice()).await.unwrap().mark(place(b"1")).unwrap(), mark);
        let others = [
            key.mark(place(b"2")),
            key.mark(Place { table: "other", key: b"1" }),
            alices_key().await.mark(place(b"1")),
            vault.key(&Owner::Room(RoomNo(1))).await.unwrap().mark(place(b"1")),
        ];
        assert!(others.into_iter().all(|other| other.unwrap() != mark));
    }

    #[tokio::test]
    async fn a_record_moved_elsewhere_does_not_open() {
        let key = alices_key().await;
        let sealed = key.seal(place(b"1"), b"hello").unwrap();
        assert!(key.open(place(b"2"), &sealed).is_err());
        assert!(key.open(Place { table: "other", key: b"1" }, &sealed).is_err());
        assert!(key.open(Place { table: "notes1", key: b"" }, &sealed).is_err());
    }

    #[tokio::test]
    async fn a_record_does_not_open_with_another_owners_key() {
        let vault = vault().await;
        let sealed = vault.key(&alice()).await.unwrap().seal(place(b"1"), b"hello").unwrap();
        for other in [Owner::Room(RoomNo(1)), Owner::Server] {
            assert!(vault.key(&other).await.unwrap().open(place(b"1"), &sealed).is_err());
        }
    }

    #[tokio::test]
    async fn every_changed_byte_and_every_truncation_is_refused() {
        let key = alices_key().await;
        let sealed = key.seal(place(b"1"), b"hello").unwrap();
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(key.open(place(b"1"), &changed).is_err(), "byte {at}");
            assert!(key.open(place(b"1"), &sealed[..at]).is_err(), "{at} bytes");
        }
    }

    #[tokio::test]
    async fn the_same_text_never_looks_the_same() {
        let key = alices_key().await;
        let once = key.seal(place(b"1"), b"hello").unwrap();
        assert_ne!(once, key.seal(place(b"1"), b"hello").unwrap());
    }
}

mod streams {
    use super::*;

    struct Sealed {
        key: SealingKey,
        wrapped: Vec<u8>,
        chunks: Vec<Vec<u8>>,
    }

    async fn sealed(place: Place<'_>) -> Sealed {
        let key = alices_key().await;
        let (mut sealer, wrapped) = key.seal_stream(place).unwrap();
        let mut chunks = vec![sealer.next(&[1; CHUNK]).unwrap(), sealer.next(&[2; CHUNK]).unwrap()];
        chunks.push(sealer.last(b"end").unwrap());
        Sealed { key, wrapped, chunks }
    }

    /// Opens the chunks in this order; the last as the last.
    fn open(stream: &Sealed, order: &[usize]) -> Result<Vec<u8>, VaultError> {
        let mut opener = stream.key.open_stream(place(b"file"), &stream.wrapped)?;
        let mut out = Vec::new();
        let (last, others) = order.split_last().unwrap();
        for at in others {
            out.extend(opener.next(&stream.chunks[*at])?);
        }
        out.extend(opener.last(&stream.chunks[*last])?);
        Ok(out)
    }

    #[tokio::test]
    async fn a_stream_opens_whole_and_in_order_only() {
        let stream = sealed(place(b"file")).await;
        let plain = open(&stream, &[0, 1, 2]).unwrap();
        assert_eq!(plain, [vec![1; CHUNK], vec![2; CHUNK], b"end".to_vec()].concat());
        for wrong in [&[0, 1][..], &[0], &[2], &[1, 0, 2], &[0, 2], &[0, 1, 1, 2], &[0, 1, 2, 2]] {
            assert!(matches!(open(&stream, wrong), Err(VaultError::Stream)), "{wrong:?}");
        }
    }

    #[tokio::test]
    async fn chunks_open_in_any_order_each_at_its_own_place_only() {
        let stream = sealed(place(b"file")).await;
        let chunks = stream.key.open_chunks(place(b"file"), &stream.wrapped).unwrap();
        for number in [2, 0, 1] {
            let sealed = &stream.chunks[number as usize];
            let plain = chunks.open(number, 3, sealed).unwrap();
            assert_eq!(plain.len(), sealed.len() - 16);
            for (wrong, of) in [(number + 1, 3), (number, number + 1), (number, 4)] {
                let same = (wrong + 1 == of) == (number == 2) && wrong == number;
                assert_eq!(chunks.open(wrong, of, sealed).is_ok(), same, "{wrong} of {of}");
            }
        }
        assert!(stream.key.open_chunks(place(b"other"), &stream.wrapped).is_err());
    }

    #[tokio::test]
    async fn a_chunk_of_another_stream_does_not_open() {
        let mut stream = sealed(place(b"file")).await;
        stream.chunks[1] = sealed(place(b"file")).await.chunks[1].clone();
        assert!(matches!(open(&stream, &[0, 1, 2]), Err(VaultError::Stream)));
    }

    #[tokio::test]
    async fn a_stream_kept_elsewhere_does_not_open() {
        let stream = sealed(place(b"another")).await;
        assert!(matches!(open(&stream, &[0, 1, 2]), Err(VaultError::Sealed { .. })));
    }
}

mod keys {
    use super::*;

    #[tokio::test]
    async fn a_key_outlives_the_process() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keyring");
        let sealed = {
            let vault = Vault::open(keyring(&path), master()).await.unwrap();
            vault.key(&alice()).await.unwrap().seal(place(b"1"), b"hello").unwrap()
        };
        let vault = reopened(&path).await;
        let key = vault.existing_key(&alice()).await.unwrap().unwrap();
        assert_eq!(key.open(place(b"1"), &sealed).unwrap(), b"hello");
    }

    #[tokio::test]
    async fn asking_for_an_existing_key_makes_none() {
        let vault = vault().await;
        assert!(vault.existing_key(&alice()).await.unwrap().is_none());
        assert!(vault.existing_key(&alice()).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn another_key_encryption_key_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keyring");
        drop(Vault::open(keyring(&path), master()).await.unwrap());
        let keyring = keyring(&path);
        let refused = Vault::open(keyring, KeyEncryptionKey::from_bytes([8; 32])).await;
        assert!(matches!(refused.err().unwrap(), VaultError::WrongKey));
    }

    #[tokio::test]
    async fn a_destroyed_key_never_comes_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keyring");
        {
            let vault = Vault::open(keyring(&path), master()).await.unwrap();
            vault.key(&alice()).await.unwrap();
            vault.destroy(&alice()).await.unwrap();
            assert_gone(&vault).await;
        }
        assert_gone(&reopened(&path).await).await;
    }

    #[tokio::test]
    async fn a_key_destroyed_before_it_was_made_is_never_made() {
        let vault = vault().await;
        vault.destroy(&alice()).await.unwrap();
        assert_gone(&vault).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn a_destroyed_key_is_not_remembered_by_who_reads_it_meanwhile() {
        let vault = vault().await;
        for n in 0..200 {
            let owner = Owner::Room(RoomNo(n));
            vault.key(&owner).await.unwrap();
            let readers: Vec<_> = (0..4)
                .map(|_| {
                    let (vault, owner) = (vault.clone(), owner.clone());
                    tokio::spawn(async move { vault.existing_key(&owner).await.map(drop) })
                })
                .collect();
            vault.destroy(&owner).await.unwrap();
            for reader in readers {
                reader.await.unwrap().unwrap();
            }
            assert!(vault.existing_key(&owner).await.unwrap().is_none());
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn many_who_race_to_make_a_key_get_the_same() {
        let keyring = Store::open_memory(&MemoryDisk::new(), None).unwrap();
        for n in 0..50 {
            let owner = Owner::Room(RoomNo(n));
            let racers: Vec<_> = (0..8)
                .map(|_| {
                    let (keyring, owner) = (keyring.clone(), owner.clone());
                    tokio::spawn(async move {
                        let vault = Vault::open(keyring, master()).await.unwrap();
                        vault.key(&owner).await.unwrap()
                    })
                })
                .collect();
            let mut keys = Vec::new();
            for racer in racers {
                keys.push(racer.await.unwrap());
            }
            let sealed = keys[0].seal(place(b"1"), b"hello").unwrap();
            assert!(keys.iter().all(|key| key.open(place(b"1"), &sealed).is_ok()));
        }
    }

    async fn assert_gone(vault: &Vault) {
        assert!(matches!(vault.key(&alice()).await, Err(VaultError::Destroyed(_))));
        assert!(vault.existing_key(&alice()).await.unwrap().is_none());
    }

    async fn reopened(path: &Path) -> Vault {
        Vault::open(keyring(path), master()).await.unwrap()
    }
}

mod tables {
    use super::*;

    fn key(n: u64) -> (String, u64) {
        ("alice".to_owned(), n)
    }

    async fn with_notes() -> (Store, Vault) {
        let store = Store::open_memory(&MemoryDisk::new(), None).unwrap();
        let vault = vault().await;
        let sealing_key = vault.key(&alice()).await.unwrap();
        let mut batch = Batch::new();
        for n in 1..=3 {
            NOTES.put(&mut batch, &sealing_key, &key(n), &format!("note {n}")).unwrap();
        }
        store.commit(batch).await.unwrap();
        (store, vault)
    }

    #[tokio::test]
    async fn rows_read_back() {
        let (store, vault) = with_notes().await;
        let one = NOTES.get(&store, &vault, &alice(), &key(1)).await.unwrap();
        assert_eq!(one.as_deref(), Some("note 1"));
        let many = NOTES.get_many(&store, &vault, &alice(), &[key(9), key(2)]).await.unwrap();
        assert_eq!(many, [None, Some("note 2".to_owned())]);
        let page = Page { part: &Prefix::all(), direction: Direction::Backward, limit: 2 };
        let last = NOTES.scan(&store, &vault, &alice(), page).await.unwrap();
        assert_eq!(last, [(key(3), "note 3".to_owned()), (key(2), "note 2".to_owned())]);
        let all = NOTES.all(&store, &vault, &alice(), &Prefix::all()).await.unwrap();
        assert_eq!(all.len(), 3);
    }

    #[tokio::test]
    async fn rows_of_a_destroyed_owner_are_absent() {
        let (store, vault) = with_notes().await;
        vault.destroy(&alice()).await.unwrap();
        assert_eq!(NOTES.get(&store, &vault, &alice(), &key(1)).await.unwrap(), None);
        let all = NOTES.all(&store, &vault, &alice(), &Prefix::all()).await.unwrap();
        assert_eq!(all, []);
    }

    #[tokio::test]
    async fn rows_without_their_keyring_are_an_error_and_not_silently_absent() {
        let (store, _) = with_notes().await;
        let lost = NOTES.get(&store, &vault().await, &alice(), &key(1)).await;
        assert!(matches!(lost, Err(VaultError::Missing(_))));
    }

    #[tokio::test]
    async fn an_empty_table_asks_for_no_key() {
        let store = Store::open_memory(&MemoryDisk::new(), None).unwrap();
        assert_eq!(NOTES.get(&store, &vault().await, &alice(), &key(1)).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_row_copied_over_another_is_refused() {
        const RAW: Table<(String, u64), Vec<u8>> = Table::new("notes");
        let (store, vault) = with_notes().await;
        let stolen = RAW.get(&store, &key(1)).await.unwrap().unwrap();
        let mut batch = Batch::new();
        RAW.put(&mut batch, &key(2), &stolen).unwrap();
        store.commit(batch).await.unwrap();
        let read = NOTES.get(&store, &vault, &alice(), &key(2)).await;
        assert!(matches!(read, Err(VaultError::Sealed { table: "notes" })));
    }
}

mod signing {
    use super::*;

    #[tokio::test]
    async fn the_signing_key_is_made_once() {
        let keyring = Store::open_memory(&MemoryDisk::new(), None).unwrap();
        let vault = Vault::open(keyring.clone(), master()).await.unwrap();
        let (one, two) = tokio::join!(vault.signing_key(), vault.signing_key());
        let again = Vault::open(keyring, master()).await.unwrap().signing_key().await.unwrap();
        for key in [one.unwrap(), two.unwrap()] {
            assert_eq!(key.public_key(), again.public_key());
            assert_eq!(key.version(), again.version());
        }
    }
}

mod files {
    use super::*;

    #[tokio::test]
    async fn the_keyring_file_holds_no_raw_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keyring");
        let vault = Vault::open(keyring(&path), master()).await.unwrap();
        vault.key(&alice()).await.unwrap();
        vault.signing_key().await.unwrap();
        drop(vault);
        let bytes = std::fs::read(&path).unwrap();
        assert!(!contains(&bytes, &[7; 32]), "the key-encryption key");
        // Every PKCS#8 Ed25519 document has this algorithm identifier before the key.
        assert!(!contains(&bytes, &[0x06, 0x03, 0x2b, 0x65, 0x70]), "the signing key");
        assert!(contains(&bytes, b"@alice:one.example"), "the search finds what is there");
    }

    /// The keyring's rows, as they are stored.
    #[derive(Debug, serde::Serialize, serde::Deserialize)]
    enum KeyRow {
        Wrapped(Vec<u8>),
        Destroyed,
    }

    #[tokio::test]
    async fn a_destroyed_key_leaves_no_wrapped_copy_in_the_file() {
        const KEYS: Table<Owner, KeyRow> = Table::new("keys");
        let room = |number: usize| Owner::Room(RoomNo(number as u64));
        for others in [0, 5, 300] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("keyring");
            let store = keyring(&path);
            let vault = Vault::open(store.clone(), master()).await.unwrap();
            for number in 0..others {
                if number == others / 2 {
                    vault.key(&alice()).await.unwrap();
                }
                vault.key(&room(number)).await.unwrap();
            }
            vault.key(&alice()).await.unwrap();
            let row = KEYS.get(&store, &alice()).await.unwrap();
            let Some(KeyRow::Wrapped(wrapped)) = row else { panic!("{row:?}") };
            assert!(contains(&std::fs::read(&path).unwrap(), &wrapped));
            vault.destroy(&alice()).await.unwrap();
            drop((vault, store));
            assert!(!contains(&std::fs::read(&path).unwrap(), &wrapped), "{others} others");
        }
    }

    #[test]
    fn the_key_file_is_made_once_and_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        KeyEncryptionKey::load_or_create(&path).unwrap();
        let made = std::fs::read(&path).unwrap();
        KeyEncryptionKey::load_or_create(&path).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), made);
        assert_eq!(made.len(), 32);
        let permissions =
            std::os::unix::fs::PermissionsExt::mode(&path.metadata().unwrap().permissions());
        assert_eq!(permissions & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_key_file_of_another_length_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        std::fs::write(&path, b"short").unwrap();
        let refused = KeyEncryptionKey::load_or_create(&path).unwrap_err();
        assert!(refused.to_string().ends_with("holds 5 bytes instead of 32"), "{refused}");
    }

    fn contains(bytes: &[u8], needle: &[u8]) -> bool {
        bytes.windows(needle.len()).any(|window| window == needle)
    }
}

#[test]
fn secrets_are_not_printed() {
    assert_eq!(format!("{:?}", master()), "KeyEncryptionKey(SealingKey(…))");
}
