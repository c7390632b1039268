//! What a thief of the disk has, and what is left on it of what was taken back.

use std::collections::BTreeMap;
use std::path::Path;

use vault::Sealing;

use crate::town::{Ground, files_with};

/// A word whose letters the index's dictionary writes out; it has codes for those that are common.
const MARK: &str = "пингвинов";

/// The middle of a word as the dictionary writes it: backwards, each byte followed by what says
/// that the next one follows at once.
fn written(word: &str) -> Vec<u8> {
    let middle = word.as_bytes()[2..word.len() - 1].iter().rev();
    middle.flat_map(|byte| [*byte, 0xc0]).collect()
}

#[tokio::test]
async fn no_word_is_on_the_disk_unless_sealing_is_off() {
    for (sealing, on_disk) in [(Sealing::On, false), (Sealing::Off, true)] {
        let town = Ground::new(sealing).start().await;
        let alice = town.person("alice");
        let room = town.forum(&[&alice]).await;
        town.says(&alice, &room, MARK).await;
        assert_eq!(town.finds(&alice, MARK).await, [MARK]);
        let ground = town.stop().await;
        assert_eq!(!files_with(&ground.index(), &written(MARK)).is_empty(), on_disk, "{sealing:?}");
        // Nor do the files tell what kind of index this is.
        assert_eq!(!files_with(&ground.index(), b"opstamp").is_empty(), on_disk, "{sealing:?}");
    }
}

#[tokio::test]
async fn who_is_erased_is_in_no_file_and_what_the_files_were_opens_no_more() {
    let town = Ground::new(Sealing::Off).start().await;
    let (alice, bob) = (town.person("alice"), town.person("bob"));
    let room = town.forum(&[&alice, &bob]).await;
    town.says(&alice, &room, MARK).await;
    town.says(&bob, &room, "autrechose").await;
    assert_eq!(town.finds(&bob, MARK).await, [MARK]);
    let before = hard_links(&town.ground().index());
    assert!(!files_with(&town.ground().index(), &written(MARK)).is_empty());

    town.erases(&alice).await;
    assert!(town.finds(&bob, MARK).await.is_empty());
    assert_eq!(town.finds(&bob, "autrechose").await, ["autrechose"]);
    assert!(files_with(&town.ground().index(), &written(MARK)).is_empty());
    let gone = before.iter().filter(|(name, _)| !town.ground().index().join(name).exists());
    let mut wiped = 0;
    for (_, link) in gone {
        let bytes = std::fs::read(link).unwrap();
        assert!(bytes[..bytes.len().min(256)].iter().all(|byte| *byte == 0), "{}", link.display());
        wiped += 1;
    }
    assert!(wiped > 0, "files were removed");
}

/// A second name of every file, by which it can be read when the first is gone.
fn hard_links(folder: &Path) -> BTreeMap<std::ffi::OsString, std::path::PathBuf> {
    let links = folder.join("links");
    std::fs::create_dir(&links).unwrap();
    let mut names = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let kept = entry.file_name().to_string_lossy().ends_with(".json");
        if entry.file_type().unwrap().is_file() && !kept && entry.file_name() != "lock" {
            let link = links.join(entry.file_name());
            std::fs::hard_link(entry.path(), &link).unwrap();
            names.insert(entry.file_name(), link);
        }
    }
    names
}
