//! Events that strangers wrote, and what the rules make of them: whatever is in them, an answer,
//! and never one that lets somebody do what they have not the power for.

use std::collections::BTreeMap;

use proptest::collection::btree_map;
use proptest::prelude::*;
use proptest::sample::select;
use rules::auth::authorise;
use rules::event::Pdu;
use rules::power::{Level, PowerLevels};
use rules::sealing::must_refuse_plaintext;
use rules::version::{SUPPORTED, rules_of};
use ruma_common::room_version_rules::RoomVersionRules;
use ruma_common::{EventId, user_id};
use serde_json::{Map, Value, json};

use crate::events::any_json;

const SENDER: &str = "@a:x";
const ROOM: &str = "room-room-room-room-room-room-room-room-roo";

/// An event in a room of these rules, that names the room's first event as they ask.
fn event(
    rules: &RoomVersionRules,
    (kind, state_key): (&str, Option<&str>),
    sender: &str,
    content: &Value,
) -> Option<Pdu> {
    let named_by_create = rules.authorization.room_create_event_id_as_room_id;
    let is_create = kind == "m.room.create";
    let auth_events = if is_create || named_by_create { vec![] } else { vec![format!("${ROOM}")] };
    let mut event = json!({
        "type": kind, "sender": sender, "content": content, "origin_server_ts": 1, "depth": 9,
        "prev_events": ["$parent"], "auth_events": auth_events,
    });
    if !is_create || !named_by_create {
        event["room_id"] = format!("!{ROOM}").into();
    }
    if let Some(key) = state_key {
        event["state_key"] = key.into();
    }
    let id = if is_create { ROOM } else { kind };
    let id = EventId::parse(format!("${id}")).ok()?;
    Pdu::from_json(rules::json::canonical_object(event).ok()?, id).ok()
}

/// Contents with the fields that the rules look at, and anything in them.
fn any_content() -> impl Strategy<Value = Value> {
    let level = prop_oneof![
        3 => (-5..105_i64).prop_map(Value::from),
        1 => Just(json!("50")),
        1 => any_json(),
    ];
    let names = [
        "ban",
        "events_default",
        "invite",
        "kick",
        "redact",
        "state_default",
        "users_default",
        "membership",
        "join_rule",
        "allow",
        "creator",
        "additional_creators",
        "room_version",
        "third_party_invite",
        "notifications",
        "join_authorised_via_users_server",
        "m.federate",
    ];
    let fields = btree_map(select(names.to_vec()), level.clone(), 0..6);
    let users = btree_map(select(&["@a:x", "@b:x", "nobody"][..]), level.clone(), 0..3);
    let events = btree_map(select(&["m.room.name", "m.room.message", "x"][..]), level, 0..3);
    (fields, users, events, any::<[bool; 2]>(), membership()).prop_map(
        |(fields, users, events, with, membership)| {
            let object = |map: BTreeMap<&str, Value>| {
                map.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>()
            };
            let mut content = object(fields);
            if with[0] {
                content.insert("users".to_owned(), object(users).into());
            }
            if with[1] {
                content.insert("events".to_owned(), object(events).into());
            }
            if let Some(membership) = membership {
                content.insert("membership".to_owned(), membership.into());
            }
            content.into()
        },
    )
}

/// One that there is, often: only then is the rest of a content looked at.
fn membership() -> impl Strategy<Value = Option<&'static str>> {
    select(&[None, Some("join"), Some("invite"), Some("leave"), Some("ban"), Some("knock")][..])
}

/// A room's state: its first event, its levels, its join rules.
fn any_state() -> impl Strategy<Value = [Value; 3]> {
    let create = prop_oneof![Just(json!({ "creator": "@b:x" })), any_content()];
    let join_rules = prop_oneof![Just(json!({ "join_rule": "public" })), any_content()];
    (create, any_content(), join_rules).prop_map(|(create, levels, rules)| [create, levels, rules])
}

/// What there is in a room: these contents, and the sender's membership.
struct Room {
    rules: RoomVersionRules,
    create: Pdu,
    levels: Pdu,
    join_rules: Pdu,
    member: Option<Pdu>,
}

impl Room {
    /// A room in each version.
    fn all(state: &[Value; 3], membership: Option<&str>) -> Vec<Self> {
        let versions = SUPPORTED.into_iter().filter_map(|version| rules_of(&version));
        versions.map(|rules| Self::of(rules, state, membership).expect("events")).collect()
    }

    fn of(
        rules: RoomVersionRules,
        [create, levels, join_rules]: &[Value; 3],
        membership: Option<&str>,
    ) -> Option<Self> {
        let state = |kind, content| event(&rules, (kind, Some("")), "@b:x", content);
        let member = membership.map(|membership| json!({ "membership": membership }));
        let key = ("m.room.member", Some(SENDER));
        Some(Self {
            create: state("m.room.create", create)?,
            levels: state("m.room.power_levels", levels)?,
            join_rules: state("m.room.join_rules", join_rules)?,
            member: member.and_then(|content| event(&rules, key, SENDER, &content)),
            rules,
        })
    }

    fn allows(&self, key: (&str, Option<&str>), content: &Value) -> bool {
        let state = |kind: &str, key: &str| match (kind, key) {
            ("m.room.create", "") => Some(self.create.clone()),
            ("m.room.power_levels", "") => Some(self.levels.clone()),
            ("m.room.join_rules", "") => Some(self.join_rules.clone()),
            ("m.room.member", SENDER) => self.member.clone(),
            _ => None,
        };
        let named = |id: &EventId| (id == self.create.event_id()).then(|| self.create.clone());
        let event = event(&self.rules, key, SENDER, content).expect("an event");
        authorise(&self.rules, &event, state, named).is_ok()
    }
}

#[test]
fn who_has_the_power_is_allowed_in_every_version() {
    let state = [
        json!({ "creator": "@b:x" }),
        json!({ "users": { SENDER: 50 }, "events_default": 50 }),
        json!({ "join_rule": "public" }),
    ];
    for room in Room::all(&state, Some("join")) {
        assert!(room.allows(("m.room.message", None), &json!({})));
        assert!(room.allows(("m.room.name", Some("")), &json!({})));
        assert!(room.allows(("m.room.member", Some("@c:x")), &json!({ "membership": "invite" })));
    }
    for room in Room::all(&state, None) {
        assert!(room.allows(("m.room.member", Some(SENDER)), &json!({ "membership": "join" })));
    }
}

proptest! {
    #[test]
    fn who_is_not_in_a_room_says_nothing_in_it(
        state in any_state(),
        (kind, content) in (select(&["m.room.message", "m.room.name", "x"][..]), any_content()),
        membership in select(&[None, Some("leave"), Some("ban"), Some("invite"), Some("knock")][..]),
        is_state: bool,
    ) {
        for room in Room::all(&state, membership) {
            prop_assert!(!room.allows((kind, is_state.then_some("")), &content));
        }
    }

    #[test]
    fn what_takes_more_power_than_somebody_has_is_not_allowed(
        state in any_state(),
        (kind, content) in (select(&["m.room.message", "m.room.name", "x"][..]), any_content()),
        is_state: bool,
    ) {
        for room in Room::all(&state, Some("join")) {
            let levels = PowerLevels::from_state(&room.create, Some(&room.levels), &room.rules);
            let needed = if is_state { levels.to_set(kind) } else { levels.to_send(kind) };
            prop_assert!(needed < Level::Infinite);
            if room.allows((kind, is_state.then_some("")), &content) {
                prop_assert!(levels.level_of(user_id!("@a:x")) >= needed, "{:?}", state);
            }
        }
    }

    #[test]
    fn any_membership_after_any_state_has_an_answer(
        state in any_state(),
        content in any_content(),
        (own, target) in (any::<bool>(), select(&["@a:x", "@b:x", "nobody", ""][..])),
    ) {
        for room in Room::all(&state, own.then_some("join")) {
            let allowed = room.allows(("m.room.member", Some(target)), &content);
            prop_assert!(!allowed || target.starts_with('@'));
            prop_assert!(!allowed || content["membership"].is_string());
        }
    }

    #[test]
    fn nothing_in_clear_is_longer_than_an_identifier(
        kind in select(&["m.reaction", "m.room.redaction", "m.key.verification.start", "x"][..]),
        mut content in any_content(),
        (field, long) in ("[a-z_.]{1,12}", "[a-z ]{300,400}"),
    ) {
        // Whatever is said elsewhere: a text of that length is a message.
        content[field] = long.into();
        prop_assert!(must_refuse_plaintext(kind, &content), "{content}");
    }
}
