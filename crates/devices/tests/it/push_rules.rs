//! Push rules: the server's own and the person's.

use devices::{DeviceError, RuleId, RulePlace, data_type};
use ruma_common::push::{
    Action, NewConditionalPushRule, NewPatternedPushRule, NewPushRule, NewSimplePushRule, RuleKind,
};
use ruma_common::room_id;
use serde_json::Value;

use crate::world::{ALICE, World};

fn content_rule(id: &str) -> NewPushRule {
    NewPushRule::Content(NewPatternedPushRule::new(id.into(), "word".into(), vec![Action::Notify]))
}

fn override_rule(id: &str) -> NewPushRule {
    NewPushRule::Override(NewConditionalPushRule::new(id.into(), vec![], vec![]))
}

fn place(before: Option<&str>, after: Option<&str>) -> RulePlace {
    RulePlace { before: before.map(Into::into), after: after.map(Into::into) }
}

fn rule(kind: RuleKind, id: &str) -> RuleId {
    RuleId { kind, id: id.to_owned() }
}

async fn set(world: &World, rule: NewPushRule, place: &RulePlace) -> Result<(), DeviceError> {
    world.devices.set_push_rule(&ALICE, rule, place).await
}

async fn content_order(world: &World) -> Vec<String> {
    let rules = world.devices.push_rules(&ALICE).await.unwrap();
    rules.content.iter().map(|rule| rule.rule_id.clone()).collect()
}

#[tokio::test]
async fn everybody_has_the_server_s_rules() {
    let world = World::in_memory().await;
    let rules = world.devices.push_rules(&ALICE).await.unwrap();
    let ids: Vec<_> = rules.iter().map(|rule| rule.rule_id().to_owned()).collect();
    assert_eq!(ids.first().unwrap(), ".m.rule.master");
    assert_eq!(ids.len(), 15, "{ids:?}");
}

#[tokio::test]
async fn a_rule_goes_where_it_is_put_and_moves_where_it_is_told() {
    let world = World::on_disk().await;
    for id in ["a", "b", "c"] {
        set(&world, content_rule(id), &RulePlace::default()).await.unwrap();
    }
    assert_eq!(content_order(&world).await, ["c", "b", "a"]);
    let table: [(&str, RulePlace, [&str; 3]); 6] = [
        ("c", place(None, Some("a")), ["b", "a", "c"]),
        ("b", place(None, Some("c")), ["a", "c", "b"]),
        ("b", place(Some("a"), None), ["b", "a", "c"]),
        ("c", place(Some("a"), Some("b")), ["b", "c", "a"]),
        ("b", place(None, Some("c")), ["c", "b", "a"]),
        ("b", RulePlace::default(), ["c", "b", "a"]),
    ];
    for (id, place, expected) in table {
        set(&world, content_rule(id), &place).await.unwrap();
        assert_eq!(content_order(&world).await, expected, "{id} {place:?}");
    }
    let world = world.reopened().await;
    assert_eq!(content_order(&world).await, ["c", "b", "a"]);
}

#[tokio::test]
async fn the_master_rule_stays_above_a_person_s_own() {
    let world = World::in_memory().await;
    set(&world, override_rule("own"), &RulePlace::default()).await.unwrap();
    let world = world.reopened().await;
    let rules = world.devices.push_rules(&ALICE).await.unwrap();
    let ids: Vec<_> = rules.override_.iter().take(2).map(|rule| rule.rule_id.as_str()).collect();
    assert_eq!(ids, [".m.rule.master", "own"]);
}

#[tokio::test]
async fn a_rule_out_of_place_is_refused_and_nothing_changes() {
    let world = World::in_memory().await;
    set(&world, content_rule("a"), &RulePlace::default()).await.unwrap();
    let table = [
        (content_rule(".own"), RulePlace::default(), "invalid"),
        (content_rule("x/y"), RulePlace::default(), "invalid"),
        (content_rule("x\\y"), RulePlace::default(), "invalid"),
        (content_rule("x"), place(Some("nowhere"), None), "place"),
        (content_rule("x"), place(None, Some("nowhere")), "place"),
        (content_rule("a"), place(None, Some("a")), "place"),
        (override_rule("x"), place(None, Some(".m.rule.master")), "place"),
        (override_rule("x"), place(Some(".m.rule.tombstone"), None), "place"),
        (override_rule(".m.rule.master"), place(Some("x"), None), "invalid"),
    ];
    for (new, place, expected) in table {
        let name = format!("{new:?} {place:?}");
        let kind = match set(&world, new, &place).await {
            Err(DeviceError::Invalid(_)) => "invalid",
            Err(DeviceError::BadRule(_)) => "place",
            other => panic!("{name}: {other:?}"),
        };
        assert_eq!(kind, expected, "{name}");
    }
    assert_eq!(content_order(&world).await, ["a"]);
}

#[tokio::test]
async fn a_rule_switched_off_stays_off_when_it_is_changed_or_moved() {
    let world = World::in_memory().await;
    for id in ["a", "b"] {
        set(&world, content_rule(id), &RulePlace::default()).await.unwrap();
    }
    let a = rule(RuleKind::Content, "a");
    world.devices.set_push_rule_enabled(&ALICE, &a, false).await.unwrap();
    set(&world, content_rule("a"), &RulePlace::default()).await.unwrap();
    set(&world, content_rule("a"), &place(Some("b"), None)).await.unwrap();
    let rules = world.devices.push_rules(&ALICE).await.unwrap();
    assert!(!rules.get(RuleKind::Content, "a").unwrap().enabled());
}

#[tokio::test]
async fn the_server_s_rules_are_switched_and_changed_but_never_deleted() {
    let world = World::on_disk().await;
    let master = rule(RuleKind::Override, ".m.rule.master");
    let message = rule(RuleKind::Underride, ".m.rule.message");
    world.devices.set_push_rule_enabled(&ALICE, &master, true).await.unwrap();
    world.devices.set_push_rule_actions(&ALICE, &message, &[]).await.unwrap();
    let refused = world.devices.delete_push_rule(&ALICE, &master).await;
    assert!(matches!(refused, Err(DeviceError::BadRule(_))), "{refused:?}");
    let world = world.reopened().await;
    let rules = world.devices.push_rules(&ALICE).await.unwrap();
    assert!(rules.get(RuleKind::Override, ".m.rule.master").unwrap().enabled());
    assert!(rules.get(RuleKind::Underride, ".m.rule.message").unwrap().actions().is_empty());
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let world = World::in_memory().await;
    let nowhere = rule(RuleKind::Content, "nowhere");
    let missing = [
        world.devices.delete_push_rule(&ALICE, &nowhere).await,
        world.devices.set_push_rule_enabled(&ALICE, &nowhere, true).await,
        world.devices.set_push_rule_actions(&ALICE, &nowhere, &[]).await,
        world.devices.delete_push_rule(&ALICE, &rule("nonsense".into(), "x")).await,
    ];
    for answer in missing {
        assert!(matches!(answer, Err(DeviceError::NotFound(_))), "{answer:?}");
    }
}

#[tokio::test]
async fn a_person_s_own_rule_is_deleted() {
    let world = World::in_memory().await;
    let room = room_id!("!room:s.example");
    let mute = NewPushRule::Room(NewSimplePushRule::new(room.to_owned(), vec![]));
    set(&world, mute, &RulePlace::default()).await.unwrap();
    let mute = rule(RuleKind::Room, room.as_str());
    assert!(
        world.devices.push_rules(&ALICE).await.unwrap().get(RuleKind::Room, &mute.id).is_some()
    );
    world.devices.delete_push_rule(&ALICE, &mute).await.unwrap();
    assert!(
        world.devices.push_rules(&ALICE).await.unwrap().get(RuleKind::Room, &mute.id).is_none()
    );
}

#[tokio::test]
async fn rules_are_account_data_from_the_first_on_and_their_changes_are_told() {
    let world = World::in_memory().await;
    let changes = [(None, data_type("m.push_rules"))];
    let found = world.devices.account_data_changed(&ALICE, &changes).await.unwrap();
    let content: Value = serde_json::from_str(found[0].1.content.get()).unwrap();
    assert_eq!(content["global"]["override"][0]["rule_id"], ".m.rule.master");

    set(&world, content_rule("a"), &RulePlace::default()).await.unwrap();
    let found = world.devices.account_data_changed(&ALICE, &changes).await.unwrap();
    let content: Value = serde_json::from_str(found[0].1.content.get()).unwrap();
    assert_eq!(content["global"]["content"][0]["rule_id"], "a");
    assert_eq!(world.store.log_end().0, 1);
}

#[tokio::test]
async fn rules_do_not_grow_without_bound() {
    let world = World::in_memory().await;
    let name = |number: usize| format!("{number:04}{}", "x".repeat(1_000));
    let mut number = 0;
    let refused = loop {
        match set(&world, content_rule(&name(number)), &RulePlace::default()).await {
            Ok(()) => number += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(refused, DeviceError::TooLarge(_)));
    assert!((20..100).contains(&number), "{number} rules");
    assert_eq!(content_order(&world).await.len(), number);
}
