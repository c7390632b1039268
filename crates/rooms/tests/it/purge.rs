//! Rooms, and what was said in them, taken away for good.

use std::collections::BTreeMap;

use rooms::{NewRoom, RoomError, RoomRemoval};
use ruma_common::{OwnedRoomId, room_alias_id, user_id};
use serde_json::json;

use crate::town::{Town, encrypted, public, wait};

/// Tables in which a room that is gone leaves nothing.
const TABLES: [&str; 24] = [
    "annotations",
    "aliases",
    "edits",
    "event_bodies",
    "event_ids",
    "events",
    "journal_by_room",
    "journal_receipts",
    "memberships",
    "receipts",
    "related",
    "relations",
    "relations_by_kind",
    "room_aliases",
    "room_directory",
    "room_heads",
    "room_ids",
    "room_state",
    "room_transactions",
    "rooms",
    "spoken",
    "state_nodes",
    "thread_replies",
    "threads",
];

/// How many rows each of the tables has.
async fn rows(town: &Town) -> BTreeMap<&'static str, usize> {
    let view = town.store.snapshot().await.unwrap();
    let mut rows = BTreeMap::new();
    for table in TABLES {
        let found = view.rows(table, None, usize::MAX).await.unwrap();
        if !found.is_empty() {
            rows.insert(table, found.len());
        }
    }
    rows
}

/// A room with people, words, relations, aliases and receipts.
async fn busy_room(town: &Town) -> OwnedRoomId {
    let [alice, bob] = town.people(["alice", "bob"]);
    let alias = Some(room_alias_id!("#agora:s.test").to_owned());
    let room = alice.creates(NewRoom { listed: true, alias, ..public() }).await;
    bob.joins(&room).await.unwrap();
    let first = alice.says(&room, "root").await.unwrap();
    for number in 0..150 {
        let mut reply = encrypted(&number.to_string());
        reply["m.relates_to"] = json!({ "rel_type": "m.thread", "event_id": first });
        bob.sends(&room, "m.room.encrypted", reply).await.unwrap();
    }
    let symbol = json!({ "rel_type": "m.annotation", "event_id": first, "key": "+1" });
    let reaction = json!({ "m.relates_to": symbol });
    alice.sends(&room, "m.reaction", reaction).await.unwrap();
    for number in 0..20 {
        let kind = format!("org.example.{number}");
        alice.sets(&room, (&kind, ""), json!({ "n": number })).await.unwrap();
    }
    room
}

fn removal() -> RoomRemoval {
    RoomRemoval { by: user_id!("@first:s.test").to_owned(), block: false, purge: true }
}

#[tokio::test]
async fn nothing_of_a_removed_room_stays_in_any_table() {
    for town in Town::everywhere().await {
        let before = rows(&town).await;
        assert_eq!(before, BTreeMap::new());
        let room = busy_room(&town).await;
        assert!(rows(&town).await.len() > 12, "{:?}", rows(&town).await);
        let id = town.rooms.remove_room(&room, &removal()).await.unwrap().unwrap();
        town.rooms.finish_purge(&id).await.unwrap();
        assert_eq!(rows(&town).await, BTreeMap::new());
        assert!(town.rooms.purge_status(&id).await.unwrap().unwrap().done);
        let found = town.rooms.room(&room).await.map(drop);
        assert!(matches!(found, Err(RoomError::UnknownRoom(_))));
    }
}

#[tokio::test]
async fn a_removal_that_was_begun_is_finished_after_a_stop() {
    for town in Town::everywhere().await {
        let room = busy_room(&town).await;
        let id = town.rooms.remove_room(&room, &removal()).await.unwrap().unwrap();
        let town = town.restarted().await;
        assert!(!town.rooms.purge_status(&id).await.unwrap().unwrap().done);
        town.rooms.finish_purges().await.unwrap();
        let status = town.rooms.purge_status(&id).await.unwrap().unwrap();
        assert!(status.done);
        assert_eq!(status.put_out.len(), 2);
        assert_eq!(rows(&town).await, BTreeMap::new());
        // What is done is not told for ever.
        wait(&town, 25 * 60 * 60);
        town.rooms.finish_purges().await.unwrap();
        assert_eq!(town.rooms.purge_status(&id).await.unwrap(), None);
    }
}

#[tokio::test]
async fn another_node_knows_that_a_room_is_gone() {
    let town = Town::new().await;
    let other = town.node().await;
    let room = busy_room(&town).await;
    assert_eq!(other.rooms.info(&room).await.unwrap().joined, 2);
    let id = town.rooms.remove_room(&room, &removal()).await.unwrap().unwrap();
    // Either of them may finish it, and both may try.
    let (one, two) = tokio::join!(town.rooms.finish_purge(&id), other.rooms.finish_purge(&id));
    one.unwrap();
    two.unwrap();
    other.rooms.catch_up().await.unwrap();
    let found = other.rooms.room(&room).await.map(drop);
    assert!(matches!(found, Err(RoomError::UnknownRoom(_))), "{found:?}");
    assert_eq!(rows(&town).await, BTreeMap::new());
}
