//! Creating rooms: order, presets, versions, powers.

use rooms::{Direct, NewRoom, Preset, RoomError, StateInput};
use ruma_common::{RoomVersionId, room_alias_id};
use serde_json::{Value, json};

use crate::town::{Refused, Town, kinds, new_room, object, private, public, refusal, with_state};

fn state(kind: &str, content: Value) -> StateInput {
    StateInput { kind: kind.to_owned(), state_key: String::new(), content }
}

#[tokio::test]
async fn events_come_in_the_order_of_the_specification() {
    for town in Town::everywhere().await {
        let [alice, bob] = town.people(["alice", "bob"]);
        let new = NewRoom {
            name: Some("Name".to_owned()),
            topic: Some("Topic".to_owned()),
            alias: Some(room_alias_id!("#name:s.test").to_owned()),
            invite: vec![(bob.id.clone(), bob.profile.clone())],
            initial_state: vec![state("org.example.asked", json!({}))],
            ..private()
        };
        let room = alice.creates(new).await;
        let events = alice.sees(&room).await.unwrap();
        let expected = [
            "m.room.create",
            "m.room.member",
            "m.room.power_levels",
            "m.room.canonical_alias",
            "m.room.join_rules",
            "m.room.history_visibility",
            "m.room.guest_access",
            "org.example.asked",
            "m.room.encryption",
            "m.room.name",
            "m.room.topic",
            "m.room.member",
        ];
        assert_eq!(kinds(&events), expected);
        assert_eq!(events[11]["state_key"], bob.id.as_str());
        assert_eq!(events[10]["content"]["m.topic"]["m.text"][0]["body"], "Topic");
    }
}

#[tokio::test]
async fn every_version_makes_a_room_that_works() {
    for town in Town::everywhere().await {
        let [alice, bob] = town.people(["alice", "bob"]);
        for version in rules::version::SUPPORTED {
            let new = NewRoom { version: Some(version.clone()), ..private() };
            let room = alice.gathers(new, &[&bob]).await;
            bob.says(&room, "hello").await.unwrap();
            assert_eq!(alice.hears(&room).await.unwrap(), ["hello"], "{version}");
            let create = alice.state(&room, "m.room.create", "").await.unwrap();
            assert_eq!(create["room_version"], version.as_str());
            let early = matches!(version.as_str(), "6" | "7" | "8" | "9" | "10");
            assert_eq!(create.get("creator").is_some(), early, "{version}");
            let named_by_event = version == RoomVersionId::V12;
            assert_eq!(!room.as_str().contains(':'), named_by_event, "{room}");
        }
        let town = town.restarted().await;
        let rooms = town.rooms.joined_rooms(&bob.id).await.unwrap();
        assert_eq!(rooms.len(), rules::version::SUPPORTED.len());
        for room in rooms {
            assert_eq!(alice.hears(&room).await.unwrap(), ["hello"]);
            bob.says(&room, "again").await.unwrap();
        }
    }
}

#[tokio::test]
async fn presets_say_who_may_join_and_who_has_power() {
    let town = Town::new().await;
    let [alice, bob] = town.people(["alice", "bob"]);
    let table = [
        (Preset::Private, "invite", "can_join", 0),
        (Preset::TrustedPrivate, "invite", "can_join", 100),
        (Preset::Public, "public", "forbidden", 0),
    ];
    for (preset, rule, guests, power) in table {
        let version = Some(RoomVersionId::V11);
        let invite = vec![(bob.id.clone(), bob.profile.clone())];
        let room = alice.creates(NewRoom { version, invite, ..new_room(preset) }).await;
        let content = async |kind| alice.state(&room, kind, "").await.unwrap();
        assert_eq!(content("m.room.join_rules").await["join_rule"], rule);
        assert_eq!(content("m.room.guest_access").await["guest_access"], guests);
        assert_eq!(content("m.room.history_visibility").await["history_visibility"], "shared");
        let levels = content("m.room.power_levels").await;
        assert_eq!(levels["users"][alice.id.as_str()], 100);
        assert_eq!(levels["users"][bob.id.as_str()].as_i64().unwrap_or(0), power, "{preset:?}");
    }
}

#[tokio::test]
async fn from_version_12_on_creators_stand_above_all_levels() {
    let town = Town::new().await;
    let [alice, bob, carol] = town.people(["alice", "bob", "carol"]);
    let trusted = NewRoom {
        invite: vec![(bob.id.clone(), bob.profile.clone())],
        creation_content: object(&json!({
            "additional_creators": [carol.id, bob.id], "creator": "@other:s.test",
        })),
        ..new_room(Preset::TrustedPrivate)
    };
    let room = alice.creates(trusted).await;
    let create = alice.state(&room, "m.room.create", "").await.unwrap();
    assert_eq!(create["additional_creators"], json!([carol.id, bob.id]));
    assert!(create.get("creator").is_none());
    let levels = alice.state(&room, "m.room.power_levels", "").await.unwrap();
    assert_eq!(levels["users"], json!({}));
    assert_eq!(levels["events"]["m.room.tombstone"], 150);
    bob.joins(&room).await.unwrap();
    bob.sets(&room, ("m.room.tombstone", ""), json!({ "body": "b" })).await.unwrap();
    // Nobody has power over a creator, another creator least of all.
    assert_eq!(refusal(bob.kicks(&room, &alice).await), Refused::Forbidden);
}

#[tokio::test]
async fn given_powers_replace_the_default_ones() {
    let town = Town::new().await;
    let alice = town.person("alice");
    let overrides = object(&json!({ "invite": 70, "users_default": 10 }));
    let room = alice.creates(NewRoom { power_levels: Some(overrides), ..private() }).await;
    let levels = alice.state(&room, "m.room.power_levels", "").await.unwrap();
    assert_eq!((&levels["invite"], &levels["users_default"]), (&json!(70), &json!(10)));
    assert_eq!(levels["ban"], 50);
}

#[tokio::test]
async fn a_room_that_cannot_begin_so_is_not_made_at_all() {
    let town = Town::new().await;
    let alice = town.person("alice");
    let overrides = Some(object(&json!({ "users": { "@alice:s.test": 100 } })));
    let powerless = Some(object(&json!({ "users": { "@alice:s.test": 0 } })));
    let eleven = Some(RoomVersionId::V11);
    let table = [
        NewRoom { power_levels: overrides, ..private() },
        NewRoom { power_levels: powerless, version: eleven, ..private() },
        with_state(private(), "m.room.create", json!({})),
        with_state(private(), "m.room.encryption", json!({ "algorithm": "rot13" })),
        with_state(private(), "m.room.member", json!({ "membership": "join" })),
    ];
    for new in table {
        let made = town.rooms.create(&alice.id, &alice.profile, new).await;
        assert_eq!(refusal(made), Refused::Invalid);
    }
    let unknown = NewRoom { version: Some(RoomVersionId::V5), ..private() };
    let made = town.rooms.create(&alice.id, &alice.profile, unknown).await;
    assert!(matches!(made, Err(RoomError::UnsupportedVersion(_))));
    assert_eq!(town.rooms.joined_rooms(&alice.id).await.unwrap().len(), 0);
    assert_eq!(town.store.log_end().0, 0);
}

#[tokio::test]
async fn invitations_to_a_conversation_of_two_say_so() {
    let town = Town::new().await;
    let [alice, bob] = town.people(["alice", "bob"]);
    let invite = vec![(bob.id.clone(), bob.profile.clone())];
    let new = NewRoom { direct: Direct::Yes, invite, ..new_room(Preset::TrustedPrivate) };
    let room = alice.creates(new).await;
    let member = alice.state(&room, "m.room.member", bob.id.as_str()).await.unwrap();
    assert_eq!(
        member,
        json!({
            "membership": "invite", "is_direct": true, "displayname": "bob's name",
        })
    );
}

#[tokio::test]
async fn a_listed_room_stands_in_the_directory() {
    let town = Town::new().await;
    let alice = town.person("alice");
    let listed = alice.creates(NewRoom { listed: true, ..public() }).await;
    let unlisted = alice.creates(public()).await;
    assert!(town.rooms.is_listed(&listed).await.unwrap());
    assert!(!town.rooms.is_listed(&unlisted).await.unwrap());
}
