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
