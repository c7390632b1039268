//! Names of rooms.

use rooms::{NewRoom, RoomError};
use ruma_common::{RoomAliasId, room_alias_id};
use serde_json::json;

use crate::town::{Refused, Town, private, public, refusal, with_state};

fn square() -> &'static RoomAliasId {
    room_alias_id!("#square:s.test")
}

#[tokio::test]
async fn an_alias_leads_to_its_room_until_it_is_deleted() {
    for town in Town::everywhere().await {
        let [alice, bob] = town.people(["alice", "bob"]);
        let room = alice.gathers(public(), &[&bob]).await;
        town.rooms.create_alias(&alice.id, square(), &room).await.unwrap();
        assert_eq!(town.rooms.aliases(&bob.id, &room).await.unwrap(), [square()]);

        let town = town.restarted().await;
        assert_eq!(town.rooms.resolve_alias(square()).await.unwrap(), room);
        let deleted = town.rooms.delete_alias(&bob.id, square()).await;
        assert_eq!(refusal(deleted), Refused::Forbidden);
        town.rooms.delete_alias(&alice.id, square()).await.unwrap();
        assert_eq!(refusal(town.rooms.resolve_alias(square()).await), Refused::NotFound);
        assert!(town.rooms.aliases(&bob.id, &room).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn an_alias_is_one_room_s() {
    let town = Town::new().await;
    let [alice, bob] = town.people(["alice", "bob"]);
    let named = NewRoom { alias: Some(square().to_owned()), ..public() };
    let room = alice.creates(named.clone()).await;
    let other = bob.creates(public()).await;
    let taken = town.rooms.create_alias(&bob.id, square(), &other).await;
    assert!(matches!(taken, Err(RoomError::AliasTaken(_))));
    let made = town.rooms.create(&bob.id, &bob.profile, named).await;
    assert!(matches!(made, Err(RoomError::AliasTaken(_))));
    assert_eq!(town.rooms.resolve_alias(square()).await.unwrap(), room);
    assert_eq!(town.rooms.joined_rooms(&bob.id).await.unwrap(), [other]);
}

#[tokio::test]
async fn of_many_rooms_made_at_once_with_one_alias_one_is_there() {
    for town in Town::everywhere().await {
        let alice = town.person("alice");
        let ask = || {
            let alice = alice.clone();
            tokio::spawn(async move {
                let new = NewRoom { alias: Some(square().to_owned()), ..public() };
                alice.rooms().create(&alice.id, &alice.profile, new).await
            })
        };
        let tasks: Vec<_> = (0..8).map(|_| ask()).collect();
        let mut made = Vec::new();
        for task in tasks {
            match task.await.unwrap() {
                Ok(room) => made.push(room),
                Err(error) => assert!(matches!(error, RoomError::AliasTaken(_)), "{error}"),
            }
        }
        assert_eq!(made.len(), 1);
        assert_eq!(town.rooms.joined_rooms(&alice.id).await.unwrap(), made);
    }
}

#[tokio::test]
async fn a_room_goes_by_its_own_aliases_only() {
    let town = Town::new().await;
    let [alice, bob] = town.people(["alice", "bob"]);
    let room = alice.creates(NewRoom { alias: Some(square().to_owned()), ..public() }).await;
    let other = bob.creates(public()).await;
    let stolen = json!({ "alias": square() });
    let set = bob.sets(&other, ("m.room.canonical_alias", ""), stolen.clone()).await;
    assert!(matches!(set, Err(RoomError::BadAlias(_))));
    let new = with_state(private(), "m.room.canonical_alias", stolen.clone());
    let made = town.rooms.create(&bob.id, &bob.profile, new).await;
    assert!(matches!(made, Err(RoomError::BadAlias(_))));
    let others = json!({ "alias": square(), "alt_aliases": ["#unknown:s.test"] });
    let set = alice.sets(&room, ("m.room.canonical_alias", ""), others).await;
    assert!(matches!(set, Err(RoomError::BadAlias(_))));
    alice.sets(&room, ("m.room.canonical_alias", ""), json!({})).await.unwrap();
    alice.sets(&room, ("m.room.canonical_alias", ""), stolen).await.unwrap();
}

#[tokio::test]
async fn an_alias_of_another_server_is_not_ours_to_give() {
    let town = Town::new().await;
    let alice = town.person("alice");
    let room = alice.creates(public()).await;
    let alias = room_alias_id!("#square:elsewhere.test");
    let given = town.rooms.create_alias(&alice.id, alias, &room).await;
    assert!(matches!(given, Err(RoomError::InvalidParameter(_))));
}
