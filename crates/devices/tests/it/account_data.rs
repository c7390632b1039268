//! Account data, tags and filters.

use base::change::Change;
use base::number::LogPosition;
use devices::{DeviceError, data_type};
use ruma_common::{RoomId, UserId, event_id};
use ruma_events::tag::{TagInfo, TagName};
use serde_json::json;

use crate::world::{ALICE, BOB, ROOM, World, raw_value};

async fn set(world: &World, room: Option<&RoomId>, kind: &str, text: &str) {
    let content = raw_value(&json!({ "text": text }));
    world.devices.set_account_data(&ALICE, room, kind, &content).await.unwrap();
}

async fn get(world: &World, user: &UserId, room: Option<&RoomId>, kind: &str) -> Option<String> {
    let datum = world.devices.account_datum(user, room, kind).await.unwrap();
    datum.map(|datum| datum.content.get().to_owned())
}

#[tokio::test]
async fn data_is_kept_by_person_room_and_type_and_the_last_one_counts() {
    let world = World::on_disk().await;
    set(&world, None, "org.x", "first").await;
    set(&world, None, "org.x", "global").await;
    set(&world, Some(&ROOM), "org.x", "in the room").await;
    let world = world.reopened().await;
    assert_eq!(get(&world, &ALICE, None, "org.x").await.unwrap(), r#"{"text":"global"}"#);
    assert_eq!(
        get(&world, &ALICE, Some(&ROOM), "org.x").await.unwrap(),
        r#"{"text":"in the room"}"#
    );
    assert_eq!(get(&world, &ALICE, None, "org.y").await, None);
    assert_eq!(get(&world, &BOB, None, "org.x").await, None);
    let in_room = world.devices.account_data_in(&ALICE, &ROOM).await.unwrap();
    assert_eq!(in_room.len(), 1);
    let global = world.devices.account_data(&ALICE).await.unwrap();
    let kinds: Vec<_> = global.iter().map(|datum| datum.kind.as_str()).collect();
    assert_eq!(kinds, ["org.x", "m.push_rules"]);
}

#[tokio::test]
async fn every_change_is_told_with_its_type_s_hash_and_found_by_it() {
    let world = World::in_memory().await;
    set(&world, None, "org.x", "1").await;
    set(&world, Some(&ROOM), "org.y", "2").await;
    set(&world, None, "org.x", "3").await;
    let changes: Vec<_> = world
        .changes_since(LogPosition(0))
        .await
        .into_iter()
        .map(|change| match change {
            Change::AccountData { user, room, kind } if user == *ALICE => (room, kind),
            other => panic!("{other:?}"),
        })
        .collect();
    let expected = [(None, data_type("org.x")), (Some(ROOM.clone()), data_type("org.y"))];
    assert_eq!(changes[..2], expected);

    let found = world.devices.account_data_changed(&ALICE, &changes).await.unwrap();
    let found: Vec<_> = found
        .iter()
        .map(|(room, datum)| (room.is_some(), datum.kind.as_str(), datum.content.get()))
        .collect();
    let expected = [(false, "org.x", r#"{"text":"3"}"#), (true, "org.y", r#"{"text":"2"}"#)];
    assert_eq!(found, expected);
}

#[tokio::test]
async fn what_the_server_writes_itself_and_what_is_no_object_is_refused() {
    let world = World::in_memory().await;
    for kind in ["m.fully_read", "m.push_rules"] {
        for room in [None, Some(&**ROOM)] {
            let refused =
                world.devices.set_account_data(&ALICE, room, kind, &raw_value(&json!({}))).await;
            assert!(matches!(refused, Err(DeviceError::ManagedByServer(_))), "{refused:?}");
        }
    }
    for content in [json!([]), json!("x"), json!(1), json!(null)] {
        let refused =
            world.devices.set_account_data(&ALICE, None, "org.x", &raw_value(&content)).await;
        assert!(matches!(refused, Err(DeviceError::Malformed(_))), "{content}: {refused:?}");
    }
    assert_eq!(world.store.log_end(), LogPosition(0));
}

#[tokio::test]
async fn the_fully_read_marker_is_account_data_of_the_room() {
    let world = World::in_memory().await;
    world.devices.set_fully_read(&ALICE, &ROOM, event_id!("$event")).await.unwrap();
    let marker = get(&world, &ALICE, Some(&ROOM), "m.fully_read").await.unwrap();
    assert_eq!(marker, r#"{"event_id":"$event"}"#);
}

#[tokio::test]
async fn tags_set_at_once_are_all_kept() {
    let world = World::in_memory().await;
    let names: Vec<String> = (0..20).map(|n| format!("u.{n}")).collect();
    let sets = names.iter().map(|name| {
        let devices = &world.devices;
        async move { devices.set_tag(&ALICE, &ROOM, name, &TagInfo::new()).await.unwrap() }
    });
    futures_util::future::join_all(sets).await;
    assert_eq!(world.devices.tags(&ALICE, &ROOM).await.unwrap().len(), 20);
}

#[tokio::test]
async fn a_tag_is_changed_and_taken_away_and_others_stay_as_the_client_wrote_them() {
    let world = World::on_disk().await;
    let written = raw_value(&json!({ "tags": { "u.odd": { "order": [], "x": 1 } } }));
    world.devices.set_account_data(&ALICE, Some(&ROOM), "m.tag", &written).await.unwrap();
    let mut info = TagInfo::new();
    info.order = Some(0.25);
    world.devices.set_tag(&ALICE, &ROOM, "m.favourite", &info).await.unwrap();
    let world = world.reopened().await;
    let tags = world.devices.tags(&ALICE, &ROOM).await.unwrap();
    assert_eq!(tags[&TagName::Favorite].order, Some(0.25));

    world.devices.delete_tag(&ALICE, &ROOM, "m.favourite").await.unwrap();
    let end = world.store.log_end();
    world.devices.delete_tag(&ALICE, &ROOM, "m.favourite").await.unwrap();
    assert_eq!(world.store.log_end(), end, "nothing changed");
    let content = get(&world, &ALICE, Some(&ROOM), "m.tag").await.unwrap();
    assert_eq!(content, written.get());
}

#[tokio::test]
async fn the_same_filter_has_the_same_id_and_is_its_owner_s() {
    let world = World::on_disk().await;
    let filter = raw_value(&json!({ "room": { "timeline": { "limit": 5 } } }));
    let id = world.devices.add_filter(&ALICE, &filter).await.unwrap();
    assert_eq!(world.devices.add_filter(&ALICE, &filter).await.unwrap(), id);
    assert!(!id.starts_with('{'));
    let other = world.devices.add_filter(&ALICE, &raw_value(&json!({}))).await.unwrap();
    assert_ne!(id, other);
    let world = world.reopened().await;
    let kept = world.devices.filter(&ALICE, &id).await.unwrap().unwrap();
    assert_eq!(kept.get(), filter.get());
    assert!(world.devices.filter(&BOB, &id).await.unwrap().is_none());
    assert!(world.devices.filter(&ALICE, "nonsense").await.unwrap().is_none());
}

#[tokio::test]
async fn a_filter_that_is_too_large_is_refused() {
    let world = World::in_memory().await;
    let filter = |types: usize| raw_value(&json!({ "room": { "types": vec!["m.x"; types] } }));
    world.devices.add_filter(&ALICE, &filter(1_000)).await.unwrap();
    let refused = world.devices.add_filter(&ALICE, &filter(20_000)).await;
    assert!(matches!(refused, Err(DeviceError::TooLarge(_))));
}
