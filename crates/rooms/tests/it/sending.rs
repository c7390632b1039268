//! Sending: powers, transactions, sizes.

use rooms::{NewRoom, RoomError};
use rules::build::Draft;
use serde_json::json;

use crate::town::{Refused, Town, encrypted, object, private, public, refusal};

#[tokio::test]
async fn what_the_powers_forbid_is_refused() {
    let town = Town::new().await;
    let [alice, bob] = town.people(["alice", "bob"]);
    let powers = object(&json!({ "events_default": 10, "events": { "m.room.topic": 0 } }));
    let room = alice.gathers(NewRoom { power_levels: Some(powers), ..public() }, &[&bob]).await;
    assert_eq!(refusal(bob.says(&room, "hello").await), Refused::Forbidden);
    let named = bob.sets(&room, ("m.room.name", ""), json!({ "name": "n" })).await;
    assert_eq!(refusal(named), Refused::Forbidden);
    bob.sets(&room, ("m.room.topic", ""), json!({ "topic": "t" })).await.unwrap();
    let raised = json!({ "users": { "@bob:s.test": 100 } });
    let raised = bob.sets(&room, ("m.room.power_levels", ""), raised).await;
    assert_eq!(refusal(raised), Refused::Forbidden);
    alice.says(&room, "hello").await.unwrap();
}

#[tokio::test]
async fn the_same_request_twice_is_one_event_even_after_a_restart() {
    for town in Town::everywhere().await {
        let alice = town.person("alice");
        let room = alice.creates(private()).await;
        let request = alice.request("once");
        let send = async || {
            let draft = Draft::message("m.room.encrypted", encrypted("once"));
            alice.rooms().send(&alice.id, &room, draft, Some(request.clone())).await.unwrap()
        };
        let first = send().await;
        assert_eq!(send().await, first);
        let _town = town.restarted().await;
        assert_eq!(send().await, first);
        assert_eq!(alice.hears(&room).await.unwrap(), ["once"]);
    }
}

#[tokio::test]
async fn the_same_request_many_times_at_once_is_one_event() {
    for town in Town::everywhere().await {
        let alice = town.person("alice");
        let room = alice.creates(private()).await;
        let request = alice.request("once");
        let send = || {
            let (rooms, alice, room) = (town.rooms.clone(), alice.clone(), room.clone());
            let request = request.clone();
            tokio::spawn(async move {
                let draft = Draft::message("m.room.encrypted", encrypted("once"));
                rooms.send(&alice.id, &room, draft, Some(request)).await.unwrap()
            })
        };
        let tasks: Vec<_> = (0..16).map(|_| send()).collect();
        let mut ids = Vec::new();
        for task in tasks {
            ids.push(task.await.unwrap());
        }
        ids.dedup();
        assert_eq!(ids.len(), 1);
        assert_eq!(alice.hears(&room).await.unwrap(), ["once"]);
    }
}

#[tokio::test]
async fn a_request_is_one_device_s_in_one_room_and_of_one_type() {
    let town = Town::new().await;
    let [mut alice, bob] = town.people(["alice", "bob"]);
    let room = alice.gathers(private(), &[&bob]).await;
    let other = alice.creates(private()).await;
    let send = async |person: &crate::town::Person, room, kind, content| {
        let request = Some(person.request("same"));
        let draft = Draft::message(kind, content);
        person.rooms().send(&person.id, room, draft, request).await.unwrap()
    };
    let mut ids = vec![
        send(&alice, &room, "m.room.encrypted", encrypted("1")).await,
        send(&alice, &room, "m.reaction", json!({})).await,
        send(&alice, &other, "m.room.encrypted", encrypted("1")).await,
        send(&bob, &room, "m.room.encrypted", encrypted("1")).await,
    ];
    alice.device = "SECOND".into();
    ids.push(send(&alice, &room, "m.room.encrypted", encrypted("1")).await);
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 5);
}

#[tokio::test]
async fn only_the_device_that_sent_it_is_told_the_request() {
    let town = Town::new().await;
    let [alice, bob] = town.people(["alice", "bob"]);
    let room = alice.gathers(private(), &[&bob]).await;
    let draft = Draft::message("m.room.encrypted", encrypted("hello"));
    let request = Some(alice.request("mine"));
    let id = town.rooms.send(&alice.id, &room, draft, request).await.unwrap();
    let mut elsewhere = alice.clone();
    elsewhere.device = "SECOND".into();
    let told = async |who: &crate::town::Person| {
        who.looks_at(&room, &id).await.unwrap()["unsigned"]["transaction_id"].clone()
    };
    assert_eq!(told(&alice).await, "mine");
    assert_eq!(told(&elsewhere).await, json!(null));
    assert_eq!(told(&bob).await, json!(null));
}

#[tokio::test]
async fn what_is_too_large_or_malformed_is_refused() {
    let town = Town::new().await;
    let alice = town.person("alice");
    let room = alice.creates(public()).await;
    let large = alice.says(&room, &"x".repeat(66_000)).await;
    assert!(matches!(large, Err(RoomError::TooLarge(_))));
    let fraction =
        alice.sends(&room, "m.reaction", json!({ "m.relates_to": { "key": 1.5 } })).await;
    assert_eq!(refusal(fraction), Refused::Invalid);
    let kind = "x".repeat(256);
    let named = alice.sets(&room, (&kind, ""), json!({})).await;
    assert!(matches!(named, Err(RoomError::TooLarge(_))));
}

#[tokio::test]
async fn setting_what_is_set_says_nothing_again() {
    let town = Town::new().await;
    let [alice, bob] = town.people(["alice", "bob"]);
    let powers = object(&json!({ "state_default": 0, "events": {} }));
    let room = alice.gathers(NewRoom { power_levels: Some(powers), ..private() }, &[&bob]).await;
    let name = || json!({ "name": "Name" });
    let first = bob.sets(&room, ("m.room.name", ""), name()).await.unwrap();
    assert_eq!(bob.sets(&room, ("m.room.name", ""), name()).await.unwrap(), first);
    assert_ne!(alice.sets(&room, ("m.room.name", ""), name()).await.unwrap(), first);
    let last = bob.sets(&room, ("m.room.name", ""), name()).await.unwrap();
    assert_ne!(last, first);
    bob.leaves(&room).await.unwrap();
    assert_eq!(refusal(bob.sets(&room, ("m.room.name", ""), name()).await), Refused::Forbidden);
}

#[tokio::test]
async fn a_state_event_tells_what_it_replaced() {
    let town = Town::new().await;
    let alice = town.person("alice");
    let room = alice.creates(private()).await;
    let first = alice.sets(&room, ("m.room.name", ""), json!({ "name": "a" })).await.unwrap();
    let second = alice.sets(&room, ("m.room.name", ""), json!({ "name": "b" })).await.unwrap();
    let unsigned = alice.looks_at(&room, &second).await.unwrap()["unsigned"].clone();
    assert_eq!(unsigned["prev_content"], json!({ "name": "a" }));
    assert_eq!(unsigned["replaces_state"], first.as_str());
    assert_eq!(unsigned["membership"], "join");
}
