//! Backups and restores.

use std::os::unix::fs::PermissionsExt;

use store::{MemoryDisk, Store};
use transfer::{Phase, Progress, TransferError, refuse_unfinished};

use crate::town::{Empty, Town, WORDS, faults, files, master, row, rows};

#[tokio::test]
async fn a_backup_restores_to_the_same_rows_keys_and_files_on_another_engine() {
    let town = Town::with(2000).await;
    let target = town.target("one");
    let summary = town.backs_up(&target).await.unwrap();
    assert_eq!(summary.log_end, town.data.log_end().0);
    assert_eq!(faults(&target).await, Vec::<String>::new());
    let place = tempfile::tempdir().unwrap();
    let redb = |name: &str| Store::open_redb(&place.path().join(name), 1 << 20).unwrap();
    let empty = Empty::over(redb("data"), redb("keyring"));
    assert_eq!(empty.restores(&target).await.unwrap(), summary);
    assert_eq!(rows(&empty.data).await, rows(&town.data).await);
    assert_eq!(rows(&empty.keyring).await, rows(&town.keyring).await);
    assert_eq!(empty.data.log_end(), town.data.log_end());
    let original = files(&town.place.path().join("media"));
    let restored = files(&empty.directory);
    assert_eq!(restored.len(), original.len());
    for (one, other) in original.iter().zip(&restored) {
        assert_eq!(one.file_name(), other.file_name());
        assert_eq!(std::fs::read(one).unwrap(), std::fs::read(other).unwrap());
    }
}

#[tokio::test]
async fn a_backup_is_of_one_moment_although_the_server_goes_on() {
    let town = Town::with(10).await;
    let before = rows(&town.data).await;
    let view = town.data.snapshot().await.unwrap();
    let target = town.target("one");
    let progress = Progress::silent();
    let clock = base::clock::ManualClock::at(base::clock::Timestamp(1));
    let source = transfer::Source {
        server_name: crate::town::NAME,
        data: &town.data,
        keyring: &town.keyring,
        media: Some(&town.blobs),
        clock: &clock,
    };
    let writes = async {
        for number in 100..400 {
            town.adds(number).await;
            tokio::task::yield_now().await;
        }
    };
    let (backup, ()) = tokio::join!(transfer::back_up(&source, &target, &progress), writes);
    let end = backup.unwrap().log_end;
    assert_eq!(faults(&target).await, Vec::<String>::new());
    let empty = Empty::new();
    empty.restores(&target).await.unwrap();
    let restored = rows(&empty.data).await;
    // Whatever the moment was: every row has its record, and there is nothing of later.
    assert_eq!(restored.len() as u64 - before.len() as u64, 2 * (end - 10));
    drop(view);
}

#[tokio::test]
async fn no_file_is_readable_by_others_and_the_keyring_is_apart() {
    let town = Town::with(3).await;
    let target = town.backup("one").await;
    for file in [files(&target.data), files(&target.keyring)].concat() {
        let mode = file.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", file.display());
    }
    for (data, keyring) in [("a", "a"), ("a", "a/b"), ("a/b", "a")] {
        let path = |name: &str| town.place.path().join("nested").join(name);
        let nested = transfer::Target { data: path(data), keyring: path(keyring), since: None };
        let refused = town.backs_up(&nested).await;
        assert!(matches!(refused, Err(TransferError::Place { .. })), "{data} {keyring}");
    }
}

#[tokio::test]
async fn a_thief_of_the_data_finds_no_word_and_no_key() {
    let town = Town::with(3).await;
    let target = town.backup("one").await;
    let found = |needle: &[u8]| {
        let contains = |file: &std::path::PathBuf| {
            std::fs::read(file).unwrap().windows(needle.len()).any(|window| window == needle)
        };
        files(&target.data).iter().any(contains)
    };
    assert!(found(b"@alice:chappe.example"), "the search finds what is there");
    assert!(!found(b"zsecretzz"));
    for ((table, _), value) in rows(&town.keyring).await {
        assert!(table == "schema" || !found(&value), "{table}");
    }
}

#[tokio::test]
async fn a_backup_is_never_overwritten_and_a_directory_with_other_things_never_used() {
    let town = Town::with(3).await;
    let target = town.backup("one").await;
    let before = std::fs::read(target.data.join("manifest.json")).unwrap();
    assert!(matches!(town.backs_up(&target).await, Err(TransferError::Place { .. })));
    assert_eq!(std::fs::read(target.data.join("manifest.json")).unwrap(), before);
    let other = town.target("two");
    std::fs::create_dir_all(&other.keyring).unwrap();
    std::fs::set_permissions(&other.keyring, std::fs::Permissions::from_mode(0o700)).unwrap();
    std::fs::write(other.keyring.join("diary"), "dear diary").unwrap();
    assert!(matches!(town.backs_up(&other).await, Err(TransferError::Place { .. })));
    assert_eq!(std::fs::read(other.keyring.join("diary")).unwrap(), b"dear diary");
}

#[tokio::test]
async fn an_interrupted_backup_is_none_and_can_be_made_again_in_its_place() {
    let town = Town::with(3000).await;
    let target = town.target("one");
    for phase in [Phase::Data, Phase::Keyring, Phase::Media] {
        let clock = base::clock::ManualClock::at(base::clock::Timestamp(1));
        let (data, keyring, blobs) = (town.data.clone(), town.keyring.clone(), town.blobs.clone());
        let to = target.clone();
        let killed = tokio::spawn(async move {
            let source = transfer::Source {
                server_name: crate::town::NAME,
                data: &data,
                keyring: &keyring,
                media: Some(&blobs),
                clock: &clock,
            };
            let progress = Progress::new(move |step| {
                assert!(!(step.phase == phase && step.ended), "killed");
            });
            transfer::back_up(&source, &to, &progress).await
        });
        assert!(killed.await.is_err());
        assert!(faults(&target).await[0].contains("holds no backup"));
        let refused = Empty::new().restores(&target).await;
        assert!(matches!(refused, Err(TransferError::Damaged(_))));
    }
    town.backs_up(&target).await.unwrap();
    assert_eq!(faults(&target).await, Vec::<String>::new());
}

#[tokio::test]
async fn media_of_an_older_backup_are_taken_over_unless_they_are_damaged() {
    use std::os::unix::fs::MetadataExt;
    let town = Town::with(3).await;
    let old = town.backup("old").await;
    town.uploads(50_000).await;
    let blobs = |target: &transfer::Target| files(&target.data.join("media"));
    let mut new = town.target("new");
    new.since = Some(old.data.clone());
    let summary = town.backs_up(&new).await.unwrap();
    assert_eq!(summary.media.unwrap().blobs, 2);
    assert_eq!(faults(&new).await, Vec::<String>::new());
    let shared = blobs(&old)[0].metadata().unwrap();
    assert_eq!(shared.nlink(), 2, "one file in two directories");
    // Damaged in the older backup: read from the server again.
    std::fs::write(&blobs(&old)[0], vec![0; usize::try_from(shared.len()).unwrap()]).unwrap();
    let mut third = town.target("third");
    third.since = Some(old.data.clone());
    town.backs_up(&third).await.unwrap();
    assert_eq!(faults(&third).await, Vec::<String>::new());
}

#[tokio::test]
async fn media_that_are_gone_are_named_and_do_not_keep_the_rest_from_being_saved() {
    let town = Town::with(3).await;
    let lost = files(&town.place.path().join("media")).remove(0);
    std::fs::remove_file(&lost).unwrap();
    let target = town.target("one");
    let summary = town.backs_up(&target).await.unwrap();
    assert_eq!(summary.missing, [lost.file_name().unwrap().to_str().unwrap()]);
    assert_eq!(faults(&target).await, Vec::<String>::new());
}

#[tokio::test]
async fn only_empty_stores_of_the_same_server_are_restored_into() {
    let town = Town::with(3).await;
    let target = town.backup("one").await;
    let empty = Empty::new();
    let refused = empty.restores_as("other.example", &target).await;
    assert!(matches!(refused, Err(TransferError::AnotherServer { .. })));
    empty.keyring.import(vec![row("keys", b"k", b"v")]).await.unwrap();
    let before = rows(&empty.keyring).await;
    let refused = empty.restores(&target).await;
    assert!(matches!(refused, Err(TransferError::NotEmpty { .. })));
    assert_eq!(rows(&empty.keyring).await, before);
}

#[tokio::test]
async fn halves_of_two_backups_do_not_go_together() {
    let town = Town::with(3).await;
    let (one, two) = (town.backup("one").await, town.backup("two").await);
    let mixed = transfer::Target { keyring: two.keyring, ..one };
    assert!(faults(&mixed).await[0].contains("of another backup"));
    assert!(Empty::new().restores(&mixed).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_that_was_killed_cannot_be_used_and_goes_on() {
    let town = Town::with(9000).await;
    let target = town.backup("one").await;
    let (data, keyring) = (MemoryDisk::new(), MemoryDisk::new());
    let open = |disk: &MemoryDisk| Store::open_memory(disk, None).unwrap();
    let empty = Empty::over(open(&data), open(&keyring));
    for phase in [Phase::Copy, Phase::Compare, Phase::Media] {
        let (to, key_store, blobs) = (open(&data), open(&keyring), empty.blobs.clone());
        let from = target.clone();
        let killed = tokio::spawn(async move {
            let to = transfer::Destination {
                server_name: crate::town::NAME,
                data: &to,
                keyring: &key_store,
                media: &blobs,
            };
            let progress = Progress::new(move |step| {
                let big = step.items > 4000 || phase == Phase::Media;
                assert!(!(step.phase == phase && step.ended && big), "killed");
            });
            transfer::restore((&from.data, &from.keyring), &to, &progress).await
        });
        assert!(killed.await.is_err(), "{phase:?}");
        let refused = refuse_unfinished(&open(&data)).await;
        assert!(matches!(refused, Err(TransferError::Unfinished { purpose: "restore" })));
    }
    empty.restores(&target).await.unwrap();
    assert_eq!(rows(&open(&data)).await, rows(&town.data).await);
    refuse_unfinished(&open(&data)).await.unwrap();
    refuse_unfinished(&open(&keyring)).await.unwrap();
    // Once more, of what is there already.
    empty.restores(&target).await.unwrap();
}

#[tokio::test]
async fn restored_words_open_with_the_key_and_with_no_other() {
    let town = Town::with(3).await;
    let target = town.backup("one").await;
    let empty = Empty::new();
    empty.restores(&target).await.unwrap();
    let vault = vault::Vault::open(empty.keyring.clone(), master()).await.unwrap();
    let alice = "@alice:chappe.example".to_owned();
    let owner = vault::Owner::Person(alice.clone().try_into().unwrap());
    let words = WORDS.get(&empty.data, &vault, &owner, &alice).await.unwrap();
    assert_eq!(words.as_deref(), Some("zsecretzz"));
    let other = vault::KeyEncryptionKey::from_bytes([8; 32]);
    assert!(vault::Vault::open(empty.keyring.clone(), other).await.is_err());
}

#[tokio::test]
async fn a_log_with_a_gap_is_found_in_a_store() {
    let town = Town::with(30).await;
    let read = |_: &store::LogEntry| Ok(());
    let silent = Progress::silent();
    assert_eq!(transfer::check_log(&town.data, &read, &silent).await.unwrap(), 30);
    let odd = |entry: &store::LogEntry| {
        if entry.position.0 == 7 { Err("odd".to_owned()) } else { Ok(()) }
    };
    let refused = transfer::check_log(&town.data, &odd, &silent).await;
    assert!(matches!(refused, Err(TransferError::Record { position: 7, .. })));
    town.data.import(vec![row("log", &33_u64.to_be_bytes(), b"r")]).await.unwrap();
    town.data.finish_import().await.unwrap();
    let refused = transfer::check_log(&town.data, &read, &silent).await;
    assert!(matches!(refused, Err(TransferError::Gap { after: 30, found: 33 })));
}
