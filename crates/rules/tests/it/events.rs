//! Events in every room version: built, parted, shredded, joined.

use std::collections::BTreeMap;

use base::clock::Timestamp;
use proptest::prelude::*;
use rules::build::{BuildError, Draft, Place, Signer, build};
use rules::event::Pdu;
use rules::redaction::{Parts, join, redact, split};
use ruma_common::room_version_rules::RoomVersionRules;
use ruma_common::serde::Base64;
use ruma_common::{
    CanonicalJsonObject, CanonicalJsonValue, EventId, room_id, server_name, user_id,
};
use ruma_signatures::{Ed25519KeyPair, Verified};
use serde_json::{Map, Value, json};

fn key() -> Ed25519KeyPair {
    Ed25519KeyPair::from_der(&Ed25519KeyPair::generate(), "k".to_owned()).unwrap()
}

fn versions() -> impl Iterator<Item = RoomVersionRules> {
    rules::version::SUPPORTED.into_iter().map(|version| rules::version::rules_of(&version).unwrap())
}

fn built(rules: &RoomVersionRules, draft: Draft, key: &Ed25519KeyPair) -> Result<Pdu, BuildError> {
    let parent = EventId::parse("$parentparentparentparentparentparentparentpa").unwrap();
    let place = Place {
        room_id: Some(room_id!("!room-room-room-room-room-room-room-room-roo")),
        sender: user_id!("@a:x"),
        prev_events: vec![parent.clone()],
        auth_events: vec![parent],
        depth: 7,
        timestamp: Timestamp(1_700_000_000_000),
    };
    build(rules, draft, &place, Signer { server: server_name!("x"), key })
}

fn verify(
    rules: &RoomVersionRules,
    key: &Ed25519KeyPair,
    event: &CanonicalJsonObject,
) -> Option<Verified> {
    let keys = BTreeMap::from([("ed25519:k".to_owned(), Base64::new(key.public_key().to_vec()))]);
    let servers = BTreeMap::from([("x".to_owned(), keys)]);
    ruma_signatures::verify_event(&servers, event, rules).ok()
}

/// Kinds whose content redaction treats each in its way, with words in each.
fn drafts() -> Vec<Draft> {
    let words = "MARKER";
    vec![
        Draft::message("m.room.message", json!({ "body": words, "msgtype": "m.text" })),
        Draft::message("m.room.message", json!({})),
        Draft::state("m.room.name", "", json!({ "name": words })),
        Draft::state(
            "m.room.member",
            "@a:x",
            json!({
                "membership": "join", "displayname": words, "reason": words,
                "third_party_invite": { "display_name": words, "signed": { "mxid": "@a:x" } },
            }),
        ),
        Draft::state(
            "m.room.power_levels",
            "",
            json!({
                "users": { "@a:x": 100 }, "notifications": { "room": 50 }, "invite": 20,
            }),
        ),
        Draft::state("m.room.join_rules", "", json!({ "join_rule": "restricted", "allow": [] })),
        Draft::state("m.room.history_visibility", "", json!({ "history_visibility": "joined" })),
        Draft::redaction(EventId::parse("$target").unwrap(), json!({ "reason": words })),
    ]
}

#[test]
fn a_shredded_body_leaves_id_and_signature_valid_in_every_version() {
    let key = key();
    for rules in versions() {
        for draft in drafts() {
            let event = built(&rules, draft, &key).unwrap();
            let whole = event.json().unwrap();
            assert_eq!(verify(&rules, &key, &whole), Some(Verified::All), "{}", event.kind());

            let Parts { skeleton, body } = split(&rules, whole.clone()).unwrap();
            let id = rules::build::event_id(&rules, &skeleton).unwrap();
            assert_eq!(id, event.event_id());
            let verified = verify(&rules, &key, &skeleton);
            let expected = if body.is_empty() { Verified::All } else { Verified::Signatures };
            assert_eq!(verified, Some(expected), "{}", event.kind());
            assert!(!CanonicalJsonValue::Object(skeleton.clone()).to_string().contains("MARKER"));
            assert_eq!(join(skeleton, body), whole);
        }
    }
}

#[test]
fn a_redacted_event_is_its_skeleton() {
    let key = key();
    for rules in versions() {
        for draft in drafts() {
            let event = built(&rules, draft, &key).unwrap();
            let redacted = redact(&rules, &event).unwrap();
            let parts = split(&rules, event.json().unwrap()).unwrap();
            assert_eq!(redacted.json().unwrap(), parts.skeleton);
            assert_eq!(redacted.event_id(), event.event_id());
        }
    }
}

#[test]
fn redaction_keeps_what_each_version_says() {
    // Kind, content, what is kept in version 6, 10 and 12.
    let third = json!({ "display_name": "d", "signed": { "token": "t" } });
    let table = [
        (
            "m.room.member",
            json!({ "membership": "join", "join_authorised_via_users_server": "@b:x" }),
            json!({ "membership": "join" }),
            json!({ "membership": "join", "join_authorised_via_users_server": "@b:x" }),
            json!({ "membership": "join", "join_authorised_via_users_server": "@b:x" }),
        ),
        (
            "m.room.member",
            json!({ "membership": "invite", "third_party_invite": third }),
            json!({ "membership": "invite" }),
            json!({ "membership": "invite" }),
            json!({ "membership": "invite", "third_party_invite": { "signed": { "token": "t" } } }),
        ),
        (
            "m.room.join_rules",
            json!({ "join_rule": "restricted", "allow": [1] }),
            json!({ "join_rule": "restricted" }),
            json!({ "join_rule": "restricted", "allow": [1] }),
            json!({ "join_rule": "restricted", "allow": [1] }),
        ),
        (
            "m.room.power_levels",
            json!({ "ban": 1, "invite": 2, "notifications": { "room": 3 } }),
            json!({ "ban": 1 }),
            json!({ "ban": 1 }),
            json!({ "ban": 1, "invite": 2 }),
        ),
        (
            "m.room.create",
            json!({ "creator": "@a:x", "room_version": "6", "x": 1 }),
            json!({ "creator": "@a:x" }),
            json!({ "creator": "@a:x" }),
            json!({ "creator": "@a:x", "room_version": "6", "x": 1 }),
        ),
        ("m.room.aliases", json!({ "aliases": ["#a:x"] }), json!({}), json!({}), json!({})),
        ("m.room.topic", json!({ "topic": "t" }), json!({}), json!({}), json!({})),
    ];
    let versions = [RoomVersionRules::V6, RoomVersionRules::V10, RoomVersionRules::V12];
    for (kind, content, six, ten, twelve) in table {
        for (rules, expected) in versions.iter().zip([six, ten, twelve]) {
            let event = json!({ "type": kind, "content": content, "sender": "@a:x" });
            let event = rules::json::canonical_object(event).unwrap();
            let kept: Value = split(rules, event).unwrap().skeleton["content"].clone().into();
            assert_eq!(kept, expected, "{kind}");
        }
    }
}

#[test]
fn an_event_reads_back_as_it_was_written() {
    let key = key();
    for rules in versions() {
        for draft in drafts() {
            let event = built(&rules, draft, &key).unwrap();
            let json = event.json().unwrap();
            let again = Pdu::from_json(json.clone(), event.event_id().to_owned()).unwrap();
            assert_eq!(again.json().unwrap(), json);
            assert_eq!(again.prev_event_ids().count(), 1);
            assert_eq!((again.depth(), again.sender()), (7, user_id!("@a:x")));
            assert_eq!(again.origin_server_ts(), Timestamp(1_700_000_000_000));
        }
    }
}

#[test]
fn what_is_too_large_or_has_no_canonical_form_is_not_built() {
    let key = key();
    let long = "x".repeat(256);
    let body = |length: usize| json!({ "body": "x".repeat(length) });
    let table = [
        (Draft::message(&long, json!({})), true),
        (Draft::state("m.room.name", &long, json!({})), true),
        (Draft::message("m.room.message", body(66_000)), true),
        // Hashes and signatures count: the whole is larger than what the sender wrote.
        (Draft::message("m.room.message", body(65_200)), true),
        (Draft::message("m.room.message", body(64_000)), false),
    ];
    for (draft, too_large) in table {
        let refused = built(&RoomVersionRules::V12, draft, &key);
        match refused {
            Ok(_) => assert!(!too_large),
            Err(BuildError::TooLarge(_)) => assert!(too_large),
            Err(error) => panic!("{error}"),
        }
    }
    let fraction = Draft::message("m.room.message", json!({ "n": 1.5 }));
    let refused = built(&RoomVersionRules::V12, fraction, &key);
    assert!(matches!(refused, Err(BuildError::Content(_))));
}

#[test]
fn what_is_no_event_is_refused_by_the_field() {
    let good = json!({
        "type": "m.x", "sender": "@a:x", "content": {}, "origin_server_ts": 1, "depth": 1,
        "prev_events": [], "auth_events": [],
    });
    let table = [
        ("type", Value::Null),
        ("sender", "a".into()),
        ("content", "text".into()),
        ("origin_server_ts", (-1).into()),
        ("depth", "1".into()),
        ("prev_events", json!([1])),
        ("auth_events", json!({})),
    ];
    let read = |event: Value| {
        let event = rules::json::canonical_object(event).unwrap();
        Pdu::from_json(event, EventId::parse("$e").unwrap())
    };
    assert!(read(good.clone()).is_ok());
    for (field, wrong) in table {
        let mut event = good.clone();
        event[field] = wrong;
        let error = read(event).unwrap_err().to_string();
        assert_eq!(error, format!("malformed event: field {field}"));
    }
}

/// Any JSON that has a canonical form.
pub(crate) fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-9_007_199_254_740_991_i64..=9_007_199_254_740_991).prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map("[a-z_.]{0,8}", inner, 0..5)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn any_content() -> impl Strategy<Value = Value> {
    let name = prop_oneof![
        Just("membership".to_owned()),
        Just("third_party_invite".to_owned()),
        Just("signed".to_owned()),
        Just("users".to_owned()),
        Just("allow".to_owned()),
        Just("redacts".to_owned()),
        "[a-z]{0,6}",
    ];
    let field = prop_oneof![
        any_json(),
        any_json().prop_map(|inner| json!({ "signed": inner, "other": 1 })),
    ];
    prop::collection::btree_map(name, field, 0..6)
        .prop_map(|map| Value::Object(map.into_iter().collect::<Map<_, _>>()))
}

proptest! {
    #[test]
    fn any_event_parts_and_joins(
        kind in prop_oneof![
            Just("m.room.member"), Just("m.room.create"), Just("m.room.join_rules"),
            Just("m.room.power_levels"), Just("m.room.redaction"), Just("m.room.message"),
        ],
        content in any_content(),
        beside in any_content(),
    ) {
        let mut event = beside;
        event["type"] = kind.into();
        event["content"] = content;
        let event = rules::json::canonical_object(event).unwrap();
        for rules in versions() {
            let Parts { skeleton, body } = split(&rules, event.clone()).unwrap();
            prop_assert_eq!(&split(&rules, skeleton.clone()).unwrap().skeleton, &skeleton);
            prop_assert_eq!(join(skeleton, body), event.clone());
        }
    }

    #[test]
    fn canonical_json_reads_back_and_is_written_the_same(content in any_content()) {
        let object = rules::json::canonical_object(content).unwrap();
        let text = CanonicalJsonValue::Object(object.clone()).to_string();
        let again = rules::json::parse_canonical(text.as_bytes()).unwrap();
        prop_assert_eq!(CanonicalJsonValue::Object(again.clone()).to_string(), text);
        prop_assert_eq!(again, object);
    }
}
