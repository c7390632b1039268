//! A room's state: now, at a place, between two places.

use std::collections::BTreeMap;

use rooms::{MemberFilter, Membership, TimelineToken};
use serde_json::json;

use crate::town::{Refused, Town, private, public, refusal};

#[tokio::test]
async fn who_left_sees_the_state_as_it_was_then() {
    for town in Town::everywhere().await {
        let [alice, bob] = town.people(["alice", "bob"]);
        let room = alice.gathers(private(), &[&bob]).await;
        let name = |name: &str| json!({ "name": name });
        alice.sets(&room, ("m.room.name", ""), name("then")).await.unwrap();
        bob.leaves(&room).await.unwrap();
        alice.sets(&room, ("m.room.name", ""), name("now")).await.unwrap();

        let _town = town.restarted().await;
        assert_eq!(alice.state(&room, "m.room.name", "").await, Some(name("now")));
        assert_eq!(bob.state(&room, "m.room.name", "").await, Some(name("then")));
        let own = bob.state(&room, "m.room.member", bob.id.as_str()).await.unwrap();
        assert_eq!(own["membership"], "leave");
    }
}

#[tokio::test]
async fn members_are_asked_for_by_how_they_stand_and_when() {
    let town = Town::new().await;
    let [alice, bob, carol] = town.people(["alice", "bob", "carol"]);
    let room = alice.gathers(private(), &[&bob]).await;
    let place = TimelineToken::After(town.rooms.room(&room).await.unwrap().current().last());
    alice.invites(&room, &carol).await.unwrap();
    bob.leaves(&room).await.unwrap();
    let members = async |only, except, at| {
        let filter = MemberFilter { only, except };
        let events = town.rooms.members(&alice.id, &room, (filter, at)).await.unwrap();
        events.iter().map(|event| event.pdu.state_key().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let (a, b, c) = (alice.id.as_str(), bob.id.as_str(), carol.id.as_str());
    assert_eq!(members(None, None, None).await, [a, c, b]);
    assert_eq!(members(Some(Membership::Join), None, None).await, [a]);
    assert_eq!(members(None, Some(Membership::Leave), None).await, [a, c]);
    assert_eq!(members(Some(Membership::Join), None, Some(place)).await, [a, b]);
    assert_eq!(refusal(town.rooms.joined_members(&bob.id, &room).await), Refused::Forbidden);
}

#[tokio::test]
async fn the_state_between_two_events_is_what_changed() {
    for town in Town::everywhere().await {
        let alice = town.person("alice");
        let room = alice.creates(public()).await;
        let loaded = town.rooms.room(&room).await.unwrap();
        let before = loaded.current();
        alice.sets(&room, ("m.room.name", ""), json!({ "name": "a" })).await.unwrap();
        alice.says(&room, "hello").await.unwrap();
        alice.sets(&room, ("m.room.name", ""), json!({ "name": "b" })).await.unwrap();
        alice.sets(&room, ("org.example", "key"), json!({})).await.unwrap();
        let after = loaded.current();
        let changes = town.rooms.state_between(before.root(), after.root()).await.unwrap();
        let keys: Vec<_> = changes.iter().map(|((kind, key), _)| format!("{kind}/{key}")).collect();
        assert_eq!(keys, ["m.room.name/", "org.example/key"]);
        let newest = town.rooms.newest(&loaded, Some(before.last()), after.last(), 10).await;
        let kinds: Vec<_> = newest.unwrap().iter().map(|event| event.kind().to_owned()).collect();
        assert_eq!(kinds, ["org.example", "m.room.name", "m.room.encrypted", "m.room.name"]);
    }
}

#[tokio::test]
async fn every_event_knows_the_state_around_it() {
    for town in Town::everywhere().await {
        let alice = town.person("alice");
        let room = alice.creates(public()).await;
        for number in 0..60 {
            let key = format!("key {}", number % 25);
            alice.sets(&room, ("org.example", &key), json!({ "n": number })).await.unwrap();
            alice.says(&room, "hello").await.unwrap();
        }
        let town = town.restarted().await;
        let loaded = town.rooms.room(&room).await.unwrap();
        let last = loaded.current().last();
        let events = town.rooms.newest(&loaded, None, last, usize::MAX).await.unwrap();
        let mut state = BTreeMap::new();
        for event in events.iter().rev() {
            let whole = async |root| -> BTreeMap<_, _> {
                town.rooms.whole_state_at(root).await.unwrap().into_iter().collect()
            };
            assert_eq!(whole(event.state_before()).await, state);
            if let Some(key) = event.pdu.state_key() {
                state.insert((event.kind().to_owned(), key.to_owned()), event.no);
            }
            assert_eq!(whole(event.state_after()).await, state);
        }
        let current = loaded.current();
        let flat: BTreeMap<_, _> =
            current.state.iter().map(|(key, event)| (key.clone(), event.no)).collect();
        assert_eq!(flat, state);
    }
}
