//! Who is typing.

use std::time::Duration;

use crate::town::{Refused, Town, private, refusal, wait};

#[tokio::test]
async fn typing_starts_stops_and_runs_out() {
    let town = Town::new().await;
    let [alice, bob] = town.people(["alice", "bob"]);
    let room = alice.gathers(private(), &[&bob]).await;
    let no = town.rooms.room(&room).await.unwrap().no;
    let mut follow = town.rooms.follow_typing();
    let types = async |who: &crate::town::Person, seconds: Option<u64>| {
        let timeout = seconds.map(Duration::from_secs);
        town.rooms.set_typing(&who.id, &room, timeout).await
    };
    let typists = || town.rooms.typing(no).0;
    types(&alice, Some(10)).await.unwrap();
    types(&bob, Some(600)).await.unwrap();
    assert_eq!(typists(), [alice.id.clone(), bob.id.clone()]);
    assert_eq!(follow.recv().await.unwrap(), no);
    let version = town.rooms.typing_version();
    wait(&town, 11);
    assert_eq!(typists(), std::slice::from_ref(&bob.id));
    town.rooms.expire_typing();
    assert!(town.rooms.typing_version() > version);
    // Nobody types for ever.
    wait(&town, 60);
    assert!(typists().is_empty());
    types(&bob, Some(10)).await.unwrap();
    types(&bob, None).await.unwrap();
    assert!(typists().is_empty());
}

#[tokio::test]
async fn only_who_is_in_the_room_types_there() {
    let town = Town::new().await;
    let [alice, bob] = town.people(["alice", "bob"]);
    let room = alice.creates(private()).await;
    let typed = town.rooms.set_typing(&bob.id, &room, Some(Duration::from_secs(5))).await;
    assert_eq!(refusal(typed), Refused::Forbidden);
}

/// Waits until a node's typists are these: hints take a moment.
async fn until(rooms: &rooms::Rooms, room: base::number::RoomNo, typists: &[&crate::town::Person]) {
    let expected: Vec<_> = typists.iter().map(|person| person.id.clone()).collect();
    let reached = async {
        while rooms.typing(room).0 != expected {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), reached).await.expect("the hint comes");
}

#[tokio::test]
async fn who_types_on_one_node_is_seen_to_on_the_other() {
    let here = Town::new().await;
    let there = here.node().await;
    let [alice, bob] = here.people(["alice", "bob"]);
    let room = alice.gathers(private(), &[&bob]).await;
    let no = here.rooms.room(&room).await.unwrap().no;
    let mut follow = there.rooms.follow_typing();
    let before = there.rooms.typing_version();
    let for_long = Some(Duration::from_secs(30));
    here.rooms.set_typing(&alice.id, &room, for_long).await.unwrap();
    assert_eq!(follow.recv().await.unwrap(), no);
    assert_eq!(there.rooms.typing(no).0, std::slice::from_ref(&alice.id));
    assert_eq!(there.rooms.typing_since(Some(before)), [no]);
    // Told from either node, about whomever.
    there.rooms.set_typing(&bob.id, &room, for_long).await.unwrap();
    until(&here.rooms, no, &[&alice, &bob]).await;
    there.rooms.set_typing(&alice.id, &room, None).await.unwrap();
    until(&here.rooms, no, &[&bob]).await;
    // What is said again goes on on both, and ends on both without a word.
    wait(&here, 20);
    here.rooms.set_typing(&bob.id, &room, for_long).await.unwrap();
    // Hints come in order: with this one, the one before has come.
    here.rooms.set_typing(&alice.id, &room, Some(Duration::from_secs(15))).await.unwrap();
    until(&there.rooms, no, &[&bob, &alice]).await;
    wait(&here, 20);
    until(&there.rooms, no, &[&bob]).await;
    wait(&here, 11);
    until(&there.rooms, no, &[]).await;
    until(&here.rooms, no, &[]).await;
}

#[tokio::test]
async fn a_hint_that_was_lost_heals_by_itself() {
    let here = Town::new().await;
    let deaf = here.deaf_node().await;
    let alice = here.person("alice");
    let room = alice.creates(private()).await;
    let no = here.rooms.room(&room).await.unwrap().no;
    deaf.set_typing(&alice.id, &room, Some(Duration::from_secs(30))).await.unwrap();
    until(&here.rooms, no, &[&alice]).await;
    here.rooms.set_typing(&alice.id, &room, None).await.unwrap();
    // The deaf node did not hear that she stopped.
    assert_eq!(deaf.typing(no).0, std::slice::from_ref(&alice.id));
    wait(&here, 31);
    assert!(deaf.typing(no).0.is_empty());
}

#[tokio::test]
async fn whoever_comes_from_another_node_is_told_where_typing_stopped_lately() {
    let here = Town::new().await;
    let there = here.node().await;
    assert_ne!(here.rooms.typing_epoch(), there.rooms.typing_epoch());
    let alice = here.person("alice");
    let [room, other] = [alice.creates(private()).await, alice.creates(private()).await];
    let [no, other_no] =
        [here.rooms.room(&room).await, here.rooms.room(&other).await].map(|room| room.unwrap().no);
    let types = async |room, seconds: Option<u64>| {
        let timeout = seconds.map(Duration::from_secs);
        there.rooms.set_typing(&alice.id, room, timeout).await.unwrap();
    };
    types(&room, Some(30)).await;
    until(&here.rooms, no, &[&alice]).await;
    assert_eq!(here.rooms.typing_since(None), [no]);
    types(&room, None).await;
    until(&here.rooms, no, &[]).await;
    wait(&here, 100);
    here.rooms.expire_typing();
    assert_eq!(here.rooms.typing_since(None), [no]);
    types(&other, Some(50)).await;
    until(&here.rooms, other_no, &[&alice]).await;
    wait(&here, 30);
    here.rooms.expire_typing();
    assert_eq!(here.rooms.typing_since(None), [other_no]);
}
