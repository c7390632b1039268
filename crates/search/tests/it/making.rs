//! How an index comes to be: made, gone on with after any end, made anew when it is no good.

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use search::{Search, SearchError};
use throwaway::SmallDisk;
use vault::Sealing;

use crate::town::{Ground, Person, Town};

/// A town in which something was said.
async fn talking() -> (Town, Person) {
    let town = Town::new().await;
    let alice = town.person("alice");
    let room = town.forum(&[&alice]).await;
    for number in 0..20 {
        town.says(&alice, &room, &format!("souvenir numero{number} {}", "mot ".repeat(number)))
            .await;
    }
    assert_eq!(town.finds(&alice, "souvenir").await.len(), 10);
    (town, alice)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = files.filter(|path| path.file_name().unwrap() != "lock").collect();
    files.sort();
    files
}

/// What the index consists of, to see whether it is the same later.
fn segments(folder: &Path) -> Vec<PathBuf> {
    let files = files(folder).into_iter();
    files.filter(|path| path.extension().is_some_and(|extension| extension == "term")).collect()
}

#[tokio::test]
async fn a_restart_goes_on_where_the_index_was() {
    let (town, alice) = talking().await;
    let before = segments(&town.ground().index());
    let town = town.stop().await.start().await;
    assert_eq!(town.finds(&alice, "numero7").await.len(), 1);
    assert_eq!(segments(&town.ground().index()), before, "nothing was made anew");
    let room = town.rooms.joined_rooms(&alice.id).await.unwrap().remove(0);
    town.says(&alice, &room, "souvenir nouveau").await;
    assert_eq!(town.finds(&alice, "nouveau").await.len(), 1);
}

#[tokio::test]
async fn what_was_said_and_taken_back_while_nobody_indexed_is_followed() {
    let (town, alice) = talking().await;
    let room = town.rooms.joined_rooms(&alice.id).await.unwrap().remove(0);
    let event = town.says(&alice, &room, "souvenir ephemere").await;
    assert_eq!(town.finds(&alice, "ephemere").await.len(), 1);
    town.search.close().await;
    town.redacts(&alice, &room, &event).await;
    town.says(&alice, &room, "souvenir tardif").await;
    let town = town.stop().await.start().await;
    assert!(town.finds(&alice, "ephemere").await.is_empty());
    assert_eq!(town.finds(&alice, "tardif").await.len(), 1);
}

#[tokio::test]
async fn an_index_is_made_anew_on_demand_and_says_how_much_is_in_it() {
    let (town, alice) = talking().await;
    let before = segments(&town.ground().index());
    assert_eq!(town.search.rebuild().await.unwrap(), 20);
    assert_ne!(segments(&town.ground().index()), before);
    assert_eq!(town.finds(&alice, "numero7").await.len(), 1);
    let empty = Town::new().await;
    assert_eq!(empty.search.rebuild().await.unwrap(), 0);
}

#[tokio::test]
async fn an_index_that_is_damaged_in_any_file_is_made_anew() {
    let (town, alice) = talking().await;
    let mut ground = town.stop().await;
    let count = files(&ground.index()).len();
    assert!(count > 5, "{count} files");
    for number in 0..count {
        for damage in ["changed", "cut", "gone", "empty"] {
            let Some(path) = files(&ground.index()).into_iter().nth(number) else { continue };
            let file = OpenOptions::new().write(true).open(&path).unwrap();
            let length = file.metadata().unwrap().len();
            match damage {
                "changed" => file.write_all_at(&[0x55; 3], length / 2).unwrap(),
                "cut" => file.set_len(length.saturating_sub(5)).unwrap(),
                "empty" => file.set_len(0).unwrap(),
                _ => std::fs::remove_file(&path).unwrap(),
            }
            let town = ground.start().await;
            let found = town.finds(&alice, "souvenir numero7").await;
            assert_eq!(found.len(), 1, "{} {damage}", path.display());
            ground = town.stop().await;
        }
    }
}

#[tokio::test]
async fn an_index_that_is_damaged_while_it_is_read_is_made_anew() {
    let (town, alice) = talking().await;
    let ground = town.stop().await;
    let town = ground.start().await;
    assert_eq!(town.finds(&alice, "numero7").await.len(), 1);
    let folder = town.ground().index();
    for path in segments(&folder) {
        for path in ["term", "idx", "pos", "fast", "fieldnorm"].map(|end| path.with_extension(end))
        {
            let file = OpenOptions::new().write(true).open(&path).unwrap();
            file.write_all_at(&[0x55; 64], file.metadata().unwrap().len() / 2).unwrap();
        }
    }
    // What is in memory may serve a while; what does not read is noticed, and repairs itself.
    let mut found = Vec::new();
    while found.is_empty() {
        for term in ["souvenir", "mot numero3", "\"souvenir numero9\"", "num"] {
            match town.search.search(&alice.asks(term)).await {
                Ok(answer) => found = answer.hits,
                Err(SearchError::Index(_) | SearchError::NotReady) => {}
                Err(error) => panic!("{error}"),
            }
        }
    }
    assert_eq!(town.search.rebuild().await.unwrap(), 20);
    assert_eq!(town.finds(&alice, "numero7").await.len(), 1);
}

#[tokio::test]
async fn an_index_that_cannot_be_written_any_more_is_no_end_of_search() {
    let (town, alice) = talking().await;
    let room = town.rooms.joined_rooms(&alice.id).await.unwrap().remove(0);
    std::fs::remove_dir_all(town.ground().index()).unwrap();
    assert_eq!(town.finds(&alice, "numero7").await.len(), 1, "what is open is still read");
    town.says(&alice, &room, "souvenir apres").await;
    while town.search.search(&alice.asks("apres")).await.is_ok_and(|found| found.hits.is_empty()) {}
    assert_eq!(town.search.rebuild().await.unwrap(), 21);
}

#[tokio::test]
async fn a_full_disk_leaves_what_was_indexed_and_once_there_is_room_the_rest_follows() {
    let disk = SmallDisk::with_room_for(16 << 20).unwrap();
    let town = Ground::in_folder(disk.path()).start().await;
    let alice = town.person("alice");
    let room = town.forum(&[&alice]).await;
    town.says(&alice, &room, "souvenir premier").await;
    assert_eq!(town.finds(&alice, "souvenir").await.len(), 1);
    disk.fill().unwrap();
    town.says(&alice, &room, "souvenir second").await;
    assert_eq!(town.finds(&alice, "souvenir").await, ["souvenir premier"]);
    disk.make_room().unwrap();
    while town.finds(&alice, "souvenir").await.len() < 2 {}
    town.stop().await;
}

#[tokio::test]
async fn the_index_of_another_store_or_key_is_made_anew() {
    let (town, alice) = talking().await;
    let ground = town.stop().await.with_another_store();
    let town = ground.start().await;
    assert!(town.finds(&alice, "souvenir").await.is_empty());
    let room = town.forum(&[&alice]).await;
    for number in 0..200 {
        town.says(&alice, &room, &format!("autre {number}")).await;
    }
    assert_eq!(town.finds(&alice, "autre").await.len(), 10);
    let sealed = town.stop().await;
    let town = sealed.sealed(Sealing::Off).start().await;
    assert_eq!(town.search.rebuild().await.unwrap(), 0, "nothing of it opens any more");
}

#[tokio::test]
async fn a_store_that_went_another_way_has_its_index_made_anew() {
    // The other log is as long, or longer, and gives the same numbers: only what is said differs.
    let (town, alice) = talking().await;
    let first = town.stop().await;
    let other = first.beside().start().await;
    let bob = other.person("bob");
    let room = other.forum(&[&bob]).await;
    for number in 0..60 {
        other.says(&bob, &room, &format!("chemin {number}")).await;
    }
    let town = other.stop().await.with_index_of(&first).start().await;
    let found = town.search.search(&bob.asks("chemin")).await.unwrap();
    assert_eq!(found.count, 60);
    assert!(town.finds(&alice, "souvenir").await.is_empty());
}

#[tokio::test]
async fn an_index_is_one_process_s() {
    let (town, _) = talking().await;
    let folder = town.ground().index();
    let again = Search::open(town.store.clone(), &town.vault, town.rooms.clone(), folder.clone());
    assert!(matches!(again.await, Err(SearchError::Taken(_))));
    assert!(matches!(search::remove(&folder), Err(SearchError::Taken(_))));
    let ground = town.stop().await;
    search::remove(&ground.index()).unwrap();
    assert!(!ground.index().exists());
    search::remove(&ground.index()).unwrap();
}
