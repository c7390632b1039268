//! What is told of a room to who is not in it, and whom it is named after.

use rooms::{NewRoom, Preset};
use ruma_common::room_alias_id;
use serde_json::Value;

use crate::town::{Town, new_room, private};

#[tokio::test]
async fn who_is_invited_is_told_what_the_room_is_and_by_whom() {
    let town = Town::new().await;
    let [alice, bob, carol] = town.people(["alice", "bob", "carol"]);
    let new = NewRoom {
        name: Some("Name".to_owned()),
        topic: Some("Topic".to_owned()),
        alias: Some(room_alias_id!("#name:s.test").to_owned()),
        ..private()
    };
    let room = alice.gathers(new, &[&carol]).await;
    carol.invites(&room, &bob).await.unwrap();
    let current = town.rooms.room(&room).await.unwrap().current();
    let stripped = current.stripped(&bob.id);
    let texts = stripped.iter().map(|event| event.stripped_json().unwrap());
    let events: Vec<Value> = texts.map(|text| serde_json::from_str(&text).unwrap()).collect();
    let told: Vec<_> = events
        .iter()
        .map(|event| (event["type"].as_str().unwrap(), event["state_key"].as_str().unwrap()))
        .collect();
    assert_eq!(
        told,
        [
            ("m.room.create", ""),
            ("m.room.name", ""),
            ("m.room.topic", ""),
            ("m.room.join_rules", ""),
            ("m.room.canonical_alias", ""),
            ("m.room.encryption", ""),
            ("m.room.member", carol.id.as_str()),
            ("m.room.member", bob.id.as_str()),
        ]
    );
    for event in &events {
        let mut fields: Vec<_> = event.as_object().unwrap().keys().collect();
        fields.sort();
        assert_eq!(fields, ["content", "sender", "state_key", "type"]);
    }
}

#[tokio::test]
async fn a_room_without_a_name_is_named_after_the_first_others() {
    let town = Town::new().await;
    let [alice, ann, bea, cyd, dee, eve, fay] =
        town.people(["alice", "z", "y", "x", "w", "v", "u"]);
    let room =
        alice.gathers(new_room(Preset::TrustedPrivate), &[&ann, &bea, &cyd, &dee, &eve]).await;
    alice.invites(&room, &fay).await.unwrap();
    let heroes = async |of: &crate::town::Person| {
        town.rooms.room(&room).await.unwrap().current().heroes(&of.id)
    };
    let ids = |people: &[&crate::town::Person]| -> Vec<_> {
        people.iter().map(|person| person.id.clone()).collect()
    };
    assert_eq!(heroes(&alice).await, ids(&[&ann, &bea, &cyd, &dee, &eve]));
    assert_eq!(heroes(&ann).await, ids(&[&alice, &bea, &cyd, &dee, &eve]));
    for person in [&ann, &bea, &cyd, &dee] {
        person.leaves(&room).await.unwrap();
    }
    assert_eq!(heroes(&alice).await, ids(&[&eve, &fay]));
    eve.leaves(&room).await.unwrap();
    fay.leaves(&room).await.unwrap();
    assert_eq!(heroes(&alice).await, ids(&[&ann, &bea, &cyd, &dee, &eve]));
    let current = town.rooms.room(&room).await.unwrap().current();
    assert_eq!((current.joined, current.invited), (1, 0));
}
