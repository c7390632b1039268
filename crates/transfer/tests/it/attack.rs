//! Backups that were damaged, and backups that lie.

use std::path::{Path, PathBuf};

use store::RawRow;
use transfer::{Checksum, Progress, Target, TransferError};

use crate::town::{Empty, Town, faults, files};

/// Changes a file of a backup, and the manifest's checksum with it when that is the manifest: as
/// somebody would who can write there.
fn forge(target: &Target, change: impl Fn(&str) -> String) {
    let path = target.data.join("manifest.json");
    let text = std::fs::read_to_string(&path).unwrap();
    let changed = change(&text);
    assert_ne!(changed, text, "the forgery changes nothing");
    let checksum = Checksum::of(compact(&changed).as_bytes());
    let old = text.lines().nth(1).unwrap();
    let sealed = changed.replacen(old, &format!("  \"sha256\": \"{checksum}\","), 1);
    std::fs::write(&path, sealed).unwrap();
}

/// The manifest inside the file's text, without white space: what its checksum is of.
fn compact(text: &str) -> String {
    let start = text.find("\"manifest\": ").unwrap() + "\"manifest\": ".len();
    let end = text.rfind('}').unwrap();
    text[start..end].lines().map(str::trim_start).collect::<String>().replace("\": ", "\":")
}

#[tokio::test]
async fn a_flipped_bit_in_any_file_is_found_and_the_file_named() {
    let town = Town::with(50).await;
    let target = town.backup("one").await;
    let all = [files(&target.data), files(&target.keyring)].concat();
    assert!(all.len() > 8, "{all:?}");
    for file in all {
        let bytes = std::fs::read(&file).unwrap();
        for place in [0, bytes.len() / 2, bytes.len() - 1] {
            let mut damaged = bytes.clone();
            damaged[place] ^= 0x20;
            std::fs::write(&file, damaged).unwrap();
            let found = faults(&target).await;
            let name = file.to_str().unwrap();
            assert!(found.iter().any(|fault| fault.contains(name)), "{name} {place}: {found:?}");
            let refused = Empty::new().restores(&target).await;
            assert!(refused.is_err(), "{name} {place}");
        }
        std::fs::write(&file, bytes).unwrap();
    }
    assert_eq!(faults(&target).await, Vec::<String>::new());
}

#[tokio::test]
async fn missing_truncated_and_extra_files_are_named() {
    let town = Town::with(50).await;
    let target = town.backup("one").await;
    for file in [files(&target.data), files(&target.keyring)].concat() {
        let (bytes, name) = (std::fs::read(&file).unwrap(), file.to_str().unwrap());
        std::fs::remove_file(&file).unwrap();
        let found = faults(&target).await;
        assert!(found.iter().any(|fault| fault.contains(name)), "missing {name}: {found:?}");
        std::fs::write(&file, &bytes[..bytes.len() - 1]).unwrap();
        let found = faults(&target).await;
        assert!(found.iter().any(|fault| fault.contains(name)), "truncated {name}: {found:?}");
        std::fs::write(&file, bytes).unwrap();
    }
    let media = files(&target.data.join("media")).remove(0);
    let extra = [
        target.data.join("diary"),
        target.keyring.join("keys-00099.rows"),
        target.data.join("media").join("zz"),
        media.with_file_name("zz999999999999"),
    ];
    for file in extra {
        std::fs::write(&file, "x").unwrap();
        let found = faults(&target).await;
        assert!(found[0].contains(file.to_str().unwrap()), "{found:?}");
        std::fs::remove_file(&file).unwrap();
    }
}

#[tokio::test]
async fn a_link_in_a_backup_is_not_followed() {
    let town = Town::with(50).await;
    let target = town.backup("one").await;
    for file in [files(&target.data), files(&target.keyring)].concat() {
        let elsewhere = town.place.path().join("elsewhere");
        std::fs::rename(&file, &elsewhere).unwrap();
        std::os::unix::fs::symlink(&elsewhere, &file).unwrap();
        let found = faults(&target).await;
        let name = file.to_str().unwrap();
        assert!(found.iter().any(|fault| fault.contains(name)), "{name}: {found:?}");
        assert!(Empty::new().restores(&target).await.is_err());
        std::fs::remove_file(&file).unwrap();
        std::fs::rename(&elsewhere, &file).unwrap();
    }
    assert_eq!(faults(&target).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_manifest_that_names_files_elsewhere_is_refused() {
    let town = Town::with(50).await;
    for name in ["../keyring/keys-00001.rows", "/etc/passwd.rows", "a/b.rows", ".rows"] {
        let target = town.backup(&base::random::base32::<8>()).await;
        forge(&target, |text| text.replacen("numbers-00001.rows", name, 1));
        let found = faults(&target).await;
        assert!(found[0].contains("which is no name here"), "{name}: {found:?}");
        assert!(matches!(Empty::new().restores(&target).await, Err(TransferError::Damaged(_))));
    }
}

/// What is found, and the lie.
type Lie = (&'static str, fn(&str) -> String);

#[tokio::test]
async fn a_manifest_that_lies_is_found_out() {
    let town = Town::with(50).await;
    let lies: [Lie; 6] = [
        ("bytes instead of", |text| grow(text, "\"size\": ")),
        ("rows instead of", |text| grow(text, "\"table\": \"log\",\n        \"rows\": ")),
        ("says otherwise", |text| grow(text, "\"numbers\": {\n        \"rows\": ")),
        ("the log ends at", |text| grow(text, "\"log_end\": ")),
        ("has format", |text| grow(text, "\"format\": ")),
        ("lines instead of", |text| grow(text, "\"blobs\": ")),
    ];
    for (expected, lie) in lies {
        let target = town.backup(&base::random::base32::<8>()).await;
        forge(&target, lie);
        let found = faults(&target).await;
        assert!(found.iter().any(|fault| fault.contains(expected)), "{expected}: {found:?}");
    }
}

/// Puts nine digits before the number after `key`.
fn grow(text: &str, key: &str) -> String {
    text.replacen(key, &format!("{key}999999999"), 1)
}

#[tokio::test]
async fn lengths_that_lie_set_no_memory_aside() {
    let town = Town::with(50).await;
    let target = town.backup("one").await;
    let file = target.data.join("numbers-00001.rows");
    let bytes = std::fs::read(&file).unwrap();
    for head in [[0xff; 8], [0, 0, 0, 8, 0xff, 0xff, 0xff, 0xff], [3, 0, 0, 0, 0, 0, 0, 1]] {
        let mut lying = bytes.clone();
        lying[..8].copy_from_slice(&head);
        std::fs::write(&file, lying).unwrap();
        let found = faults(&target).await;
        assert!(found[0].contains("larger than"), "{found:?}");
    }
}

#[tokio::test]
async fn a_wrong_key_and_rows_moved_elsewhere_are_found() {
    let town = Town::with(3).await;
    let target = town.backup("one").await;
    let opening = transfer::Opening {
        master: vault::KeyEncryptionKey::from_bytes([9; 32]),
        sealing: vault::Sealing::On,
        tables: &["words"],
    };
    let halves = transfer::Halves {
        data: &target.data,
        keyring: Some(&target.keyring),
        opening: Some(opening),
    };
    let verified = transfer::verify(halves, &Progress::silent()).await.unwrap();
    assert!(verified.faults[0].to_string().contains("does not open this keyring"));
    // Alice's words in Bob's place: whole in every checksum, and yet not as it should be.
    let view = town.data.snapshot().await.unwrap();
    let mut rows = view.rows("words", None, 2).await.unwrap();
    let (bob, _) = rows.remove(1);
    let (_, alices) = rows.remove(0);
    let row = RawRow { table: "words".to_owned(), key: bob, value: alices };
    town.data.import(vec![row]).await.unwrap();
    let moved = town.backup("two").await;
    assert!(faults(&moved).await[0].contains("does not open"));
}

#[tokio::test]
async fn a_directory_for_others_is_not_written_to_and_one_that_became_so_is_told() {
    use std::os::unix::fs::PermissionsExt;
    let town = Town::with(3).await;
    let open = |path: &Path| {
        std::fs::create_dir_all(path).unwrap();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    };
    let target = town.target("one");
    open(&target.data);
    assert!(matches!(town.backs_up(&target).await, Err(TransferError::Place { .. })));
    let later = town.backup("two").await;
    open(&later.keyring);
    let halves =
        transfer::Halves { data: &later.data, keyring: Some(&later.keyring), opening: None };
    let verified = transfer::verify(halves, &Progress::silent()).await.unwrap();
    assert_eq!(verified.open_to_others, [PathBuf::from(&later.keyring)]);
}

#[tokio::test]
async fn a_link_planted_where_a_backup_goes_is_not_written_through() {
    use std::os::unix::fs::DirBuilderExt;
    let town = Town::with(3).await;
    let target = town.target("one");
    let outside = town.place.path().join("outside");
    std::fs::write(&outside, "untouched").unwrap();
    let mut private = std::fs::DirBuilder::new();
    private.recursive(true).mode(0o700).create(&target.data).unwrap();
    std::fs::write(target.data.join("unfinished"), "").unwrap();
    for name in ["numbers-00001.rows", "manifest.json.part", "media"] {
        std::os::unix::fs::symlink(&outside, target.data.join(name)).unwrap();
    }
    assert!(town.backs_up(&target).await.is_err());
    assert_eq!(std::fs::read(&outside).unwrap(), b"untouched");
}
