//! Whatever rules somebody makes, they stay rules, in their order, and can be asked.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use ruma_common::push::{
    FlattenedJson, NewConditionalPushRule, NewPatternedPushRule, NewSimplePushRule, PushCondition,
    PushConditionRoomCtx, Ruleset,
};
use ruma_common::serde::Raw;
use ruma_common::{owned_room_id, owned_user_id};
use serde_json::{Value, json};

use super::*;

/// What somebody does to their rules.
#[derive(Debug)]
enum Step {
    Insert(NewPushRule, RulePlace),
    Remove(RuleId),
    Switch(RuleId, bool),
}

fn ids() -> impl Strategy<Value = String> {
    let known = [
        "a",
        "b",
        "c",
        ".m.rule.master",
        ".m.rule.suppress_notices",
        "!r:x",
        "@a:x",
        "",
        ".own",
        "a/b",
        "a\\b",
    ];
    prop_oneof![4 => select(known.to_vec()).prop_map(ToOwned::to_owned), 1 => "\\PC{0,8}"]
}

fn kinds() -> impl Strategy<Value = RuleKind> {
    let kinds = [
        RuleKind::Override,
        RuleKind::Underride,
        RuleKind::Content,
        RuleKind::Room,
        RuleKind::Sender,
    ];
    select(kinds.to_vec())
}

fn conditions() -> impl Strategy<Value = Vec<PushCondition>> {
    let kind = [
        "event_match",
        "contains_display_name",
        "room_member_count",
        "event_property_is",
        "sender_notification_permission",
        "event_property_contains",
        "unheard_of",
    ];
    let key = ["content.body", "type", "content.m\\.relates_to.x", "", "room"];
    let one = (
        select(kind.to_vec()),
        select(key.to_vec()),
        "[a*?\\[\\]{}!\\\\.]{0,12}|[<>=]{0,2}[0-9]{1,20}",
    );
    let one = one.prop_filter_map("no condition", |(kind, key, text)| {
        let condition =
            json!({ "kind": kind, "key": key, "pattern": text, "is": text, "value": text });
        serde_json::from_value(condition).ok()
    });
    vec(one, 0..3)
}

fn rules() -> impl Strategy<Value = NewPushRule> {
    (kinds(), ids(), "[a*?\\[\\]{}!\\\\]{0,16}", conditions()).prop_filter_map(
        "no rule",
        |(kind, id, pattern, conditions)| {
            let actions = vec![Action::Notify];
            Some(match kind {
                RuleKind::Override => {
                    NewPushRule::Override(NewConditionalPushRule::new(id, conditions, actions))
                }
                RuleKind::Underride => {
                    NewPushRule::Underride(NewConditionalPushRule::new(id, conditions, actions))
                }
                RuleKind::Content => {
                    NewPushRule::Content(NewPatternedPushRule::new(id, pattern, actions))
                }
                RuleKind::Room => {
                    NewPushRule::Room(NewSimplePushRule::new(id.try_into().ok()?, actions))
                }
                _ => NewPushRule::Sender(NewSimplePushRule::new(id.try_into().ok()?, actions)),
            })
        },
    )
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let place = (option::of(ids()), option::of(ids()));
    let place = place.prop_map(|(before, after)| RulePlace { before, after });
    let name = || (kinds(), ids()).prop_map(|(kind, id)| RuleId { kind, id });
    let step = prop_oneof![
        5 => (rules(), place).prop_map(|(rule, place)| Step::Insert(rule, place)),
        1 => name().prop_map(Step::Remove),
        1 => (name(), any::<bool>()).prop_map(|(name, enabled)| Step::Switch(name, enabled)),
    ];
    vec(step, 0..24)
}

/// Does what there is to do; what is refused changes nothing.
fn follow(rules: &mut Ruleset, step: Step) {
    let before = rules.clone();
    let done = match step {
        Step::Insert(rule, place) => insert(rules, rule, &place).is_ok(),
        Step::Remove(name) => rules.remove(name.kind, name.id).is_ok(),
        Step::Switch(name, enabled) => rules.set_enabled(name.kind, name.id, enabled).is_ok(),
    };
    if !done {
        // As `change_push_rules` does: what was made of a refusal is not kept.
        *rules = before;
    }
}

fn names(rules: &Ruleset) -> Vec<String> {
    rules.iter().map(|rule| format!("{:?} {}", rule_kind(&rule), rule.rule_id())).collect()
}

fn rule_kind(rule: &AnyPushRuleRef<'_>) -> &'static str {
    match rule {
        AnyPushRuleRef::Override(_) => "override",
        AnyPushRuleRef::Content(_) => "content",
        AnyPushRuleRef::Room(_) => "room",
        AnyPushRuleRef::Sender(_) => "sender",
        AnyPushRuleRef::Underride(_) => "underride",
        _ => "other",
    }
}

fn any_text() -> impl Strategy<Value = Value> {
    prop_oneof!["\\PC{0,30}".prop_map(Value::from), any::<i32>().prop_map(Value::from)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn whatever_somebody_does_their_rules_are_rules(steps in steps()) {
        let user = owned_user_id!("@me:x");
        let mut rules = read(&user, None).unwrap();
        for step in steps {
            follow(&mut rules, step);
        }
        let mut all = names(&rules);
        prop_assert_eq!(rules.override_.first().unwrap().rule_id.as_str(), ".m.rule.master");
        for own in &Ruleset::server_default(&user) {
            let name = format!("{:?} {}", rule_kind(&own), own.rule_id());
            prop_assert!(all.contains(&name), "{name} is gone");
        }
        // What was stored reads back, in its order, nothing lost and nothing twice.
        let text = serde_json::to_string(&Content { global: rules.clone() }).unwrap();
        prop_assert_eq!(names(&read(&user, Some(&text)).unwrap()), all.clone());
        all.sort();
        all.dedup();
        prop_assert_eq!(all.len(), rules.iter().count());
    }

    #[test]
    fn whatever_the_rules_any_event_has_an_answer(
        steps in steps(),
        (body, kind, relation) in (any_text(), any_text(), any_text()),
    ) {
        let user = owned_user_id!("@me:x");
        let mut rules = read(&user, None).unwrap();
        for step in steps {
            follow(&mut rules, step);
        }
        let content = json!({ "body": body, "m.relates_to": { "x": relation } });
        let event = json!({ "type": kind, "sender": "@a:x", "content": content });
        let raw = Raw::<Value>::from_json(to_raw_value(&event).unwrap());
        let flat = FlattenedJson::from_raw(&raw);
        let context = PushConditionRoomCtx::new(
            owned_room_id!("!r:x"), 3_u32.into(), user, "Me *?[".to_owned(),
        );
        let found = futures_util::FutureExt::now_or_never(rules.get_match(&raw, &context));
        let found = found.expect("no power levels are asked for");
        if let Some(rule) = found {
            prop_assert!(rule.enabled());
        }
        prop_assert!(flat.get("type").is_some());
    }
}
