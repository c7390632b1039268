//! Two nodes over one store: what one does, the other shows.

use std::collections::BTreeSet;
use std::sync::Arc;

use base::number::RoomNo;
use rooms::Membership;
use ruma_common::{OwnedEventId, RoomId};
use serde_json::json;
use store::{Batch, Prefix, Table};
use vault::Owner;

use crate::town::{Person, Town, private, public, wait};

const NUMBERS: Table<String, u64> = Table::new("numbers");
const STATE: Table<(RoomNo, String, String), u64> = Table::new("room_state");
const TIMELINE: Table<(RoomNo, i64), u64> = Table::new("timeline");

async fn cluster() -> (Town, Town) {
    let town = Town::new().await;
    let other = town.node().await;
    (town, other)
}

async fn says_often(person: &Person, room: &RoomId, times: usize) {
    for number in 0..times {
        person.says(room, &number.to_string()).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_that_write_different_rooms_never_meet() {
    let (here, there) = cluster().await;
    let (alice, bob) = (here.person("alice"), there.person("bob"));
    let (one, other) = tokio::join!(alice.creates(private()), bob.creates(private()));
    // More than a block of numbers.
    tokio::join!(says_often(&alice, &one, 1100), says_often(&bob, &other, 1100));
    for number in 0..200 {
        let kind = format!("org.example.{number}");
        let (first, second) = tokio::join!(
            alice.sets(&one, (&kind, ""), json!({})),
            bob.sets(&other, (&kind, ""), json!({})),
        );
        first.unwrap();
        second.unwrap();
    }
    assert_eq!((here.rooms.conflicts(), there.rooms.conflicts()), (0, 0));
    let rows = TIMELINE.all(&here.store, &Prefix::all()).await.unwrap();
    let numbers: BTreeSet<_> = rows.iter().map(|(_, event)| *event).collect();
    assert_eq!(numbers.len(), rows.len());
    for (person, room) in [(&alice, &one), (&bob, &other)] {
        let root = person.rooms().room(room).await.unwrap().current().root();
        let state = person.rooms().state(&person.id, room).await.unwrap();
        assert_eq!(person.rooms().whole_state_at(root).await.unwrap().len(), state.len());
    }
}

#[tokio::test]
async fn a_store_of_before_blocks_goes_on_above_what_it_has() {
    for town in Town::everywhere().await {
        let alice = town.person("alice");
        let room = alice.creates(private()).await;
        says_often(&alice, &room, 20).await;
        let mut batch = Batch::new();
        NUMBERS.delete_range(&mut batch, Prefix::all());
        town.store.commit(batch).await.unwrap();

        let town = town.restarted().await;
        wait(&town, 1);
        says_often(&alice, &room, 3).await;
        alice.sets(&room, ("m.room.name", ""), json!({ "name": "n" })).await.unwrap();
        alice.creates(private()).await;
        assert_eq!(alice.hears(&room).await.unwrap().len(), 23);
        assert_eq!(town.rooms.conflicts(), 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_was_invited_at_one_node_is_let_in_at_another_at_once() {
    let (here, there) = cluster().await;
    let (alice, bob) = (here.person("alice"), there.person("bob"));
    let room = alice.creates(private()).await;
    bob.rooms().room(&room).await.unwrap();
    for _ in 0..150 {
        alice.invites(&room, &bob).await.unwrap();
        bob.joins(&room).await.unwrap();
        bob.leaves(&room).await.unwrap();
    }
}

#[tokio::test]
async fn rooms_made_alike_on_two_nodes_at_one_time_are_two() {
    let (here, there) = cluster().await;
    let alice = here.person("alice");
    let elsewhere = alice.by(&there.rooms);
    let mut rooms = BTreeSet::new();
    for _ in 0..5 {
        let (one, other) = tokio::join!(alice.creates(private()), elsewhere.creates(private()));
        rooms.extend([one, other]);
    }
    assert_eq!(rooms.len(), 10);
    assert_eq!(there.rooms.joined_rooms(&alice.id).await.unwrap().len(), 10);
}

#[tokio::test]
async fn a_room_held_by_one_node_follows_the_other() {
    let (here, there) = cluster().await;
    let [alice, bob] = here.people(["alice", "bob"]);
    let room = alice.gathers(public(), &[&bob]).await;
    there.rooms.catch_up().await.unwrap();
    let held = there.rooms.room(&room).await.unwrap();

    alice.says(&room, "hello").await.unwrap();
    alice.sets(&room, ("m.room.name", ""), json!({ "name": "New" })).await.unwrap();
    bob.leaves(&room).await.unwrap();
    there.rooms.catch_up().await.unwrap();

    let (mine, theirs) = (here.rooms.room(&room).await.unwrap().current(), held.current());
    assert_eq!(theirs.last(), mine.last());
    assert_eq!(theirs.root(), mine.root());
    assert_eq!((theirs.joined, theirs.membership(&bob.id)), (1, Membership::Leave));
    assert_eq!(held.summary().name.as_deref(), Some("New"));
    assert!(Arc::ptr_eq(&held, &there.rooms.room(&room).await.unwrap()));
    // Nothing had to be decided twice: what the node has is where the store is.
    alice.by(&there.rooms).says(&room, "and back").await.unwrap();
    assert_eq!(there.rooms.conflicts(), 0);
}

/// Rows taken from under it would be missed by whoever reads the state anew.
#[tokio::test]
async fn a_held_room_is_not_read_anew_for_each_event() {
    let (here, there) = cluster().await;
    let [alice, bob] = here.people(["alice", "bob"]);
    let room = alice.gathers(public(), &[&bob]).await;
    there.rooms.catch_up().await.unwrap();
    let held = there.rooms.room(&room).await.unwrap();
    let before = held.current();
    let mut batch = Batch::new();
    STATE.delete_range(&mut batch, Prefix::of(&held.no));
    here.store.commit(batch).await.unwrap();

    alice.says(&room, "hello").await.unwrap();
    bob.leaves(&room).await.unwrap();
    there.rooms.catch_up().await.unwrap();
    let after = held.current();
    assert_eq!(after.state.size(), before.state.size());
    assert_eq!((before.joined, after.joined), (2, 1));
    assert!(after.last() > before.last());
}

#[tokio::test]
async fn a_redaction_on_one_node_is_one_on_the_other() {
    let (here, there) = cluster().await;
    let [alice, bob] = here.people(["alice", "bob"]);
    let elsewhere = bob.by(&there.rooms);
    let room = alice.gathers(private(), &[&bob]).await;
    let said = alice.says(&room, "a secret").await.unwrap();
    let name = alice.sets(&room, ("m.room.name", ""), json!({ "name": "Name" })).await.unwrap();
    there.rooms.catch_up().await.unwrap();
    assert_eq!(
        elsewhere.looks_at(&room, &said).await.unwrap()["content"]["ciphertext"],
        "a secret"
    );
    assert_eq!(elsewhere.state(&room, "m.room.name", "").await, Some(json!({ "name": "Name" })));

    let redacts = async |event: &OwnedEventId| alice.redacts(&room, event).await.unwrap();
    let (first, _) = (redacts(&said).await, redacts(&name).await);
    there.rooms.catch_up().await.unwrap();
    let seen = elsewhere.looks_at(&room, &said).await.unwrap();
    assert_eq!(seen["content"], json!({}));
    assert_eq!(seen["unsigned"]["redacted_because"]["event_id"], first.as_str());
    assert_eq!(elsewhere.state(&room, "m.room.name", "").await, Some(json!({})));
}

#[tokio::test]
async fn what_somebody_erased_wrote_is_in_no_node_s_memory() {
    let (here, there) = cluster().await;
    let [alice, bob] = here.people(["alice", "bob"]);
    let elsewhere = alice.by(&there.rooms);
    let room = alice.gathers(public(), &[&bob]).await;
    alice.says(&room, "alice's").await.unwrap();
    bob.says(&room, "bob's").await.unwrap();
    there.rooms.catch_up().await.unwrap();
    assert_eq!(elsewhere.hears(&room).await.unwrap(), ["alice's", "bob's"]);
    let shown = |state: Option<serde_json::Value>| state.unwrap()["displayname"].clone();
    let member = elsewhere.state(&room, "m.room.member", bob.id.as_str()).await;
    assert_eq!(shown(member), "bob's name");

    here.vault.destroy(&Owner::Person(bob.id.clone())).await.unwrap();
    let mut batch = Batch::new();
    let erased = base::change::Change::Erased { user: bob.id.clone() };
    journal::record(&mut batch, &erased).unwrap();
    here.store.commit(batch).await.unwrap();
    for town in [&here, &there] {
        town.rooms.catch_up().await.unwrap();
        let alice = alice.by(&town.rooms);
        assert_eq!(alice.hears(&room).await.unwrap(), ["alice's"]);
        let member = alice.state(&room, "m.room.member", bob.id.as_str()).await;
        assert_eq!(shown(member), json!(null));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_read_at_the_moment_of_a_change_has_it() {
    let (here, there) = cluster().await;
    let alice = here.person("alice");
    for number in 0..100 {
        let room = alice.creates(private()).await;
        let name = alice.sets(&room, ("m.room.name", ""), json!({ "name": "Name" })).await.unwrap();
        let change = async {
            match number % 2 {
                0 => alice.redacts(&room, &name).await.unwrap(),
                _ => alice.sets(&room, ("m.room.name", ""), json!({})).await.unwrap(),
            }
        };
        let (rooms, id) = (there.rooms.clone(), room.clone());
        let held = tokio::spawn(async move { rooms.room(&id).await.unwrap() });
        let (_, held) = tokio::join!(change, held);
        let held = held.unwrap();
        there.rooms.catch_up().await.unwrap();
        assert_eq!(held.summary().name, None);
        assert_eq!(held.current().last(), here.rooms.room(&room).await.unwrap().current().last());
    }
}
