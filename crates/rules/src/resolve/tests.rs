//! Forks of a room, resolved.

use std::collections::HashMap;

use base::clock::Timestamp;
use ruma_common::room_version_rules::RoomVersionRules;
use ruma_common::{OwnedRoomId, RoomId, UserId, server_name};
use ruma_signatures::Ed25519KeyPair;
use serde_json::{Value, json};

use super::*;
use crate::build::{Draft, Place, Signer, auth_event_keys, build, room_id_of_create};

/// A room that grows in several branches.
struct Fork {
    rules: RoomVersionRules,
    room_id: Option<OwnedRoomId>,
    events: HashMap<OwnedEventId, Pdu>,
    clock: u64,
    key: Ed25519KeyPair,
}

const ALICE: &str = "@alice:x";
const BOB: &str = "@bob:x";
const CAROL: &str = "@carol:x";

impl Fork {
    /// A room of Alice with Bob and Carol, in which Bob has as much power as `levels` say.
    fn new(rules: RoomVersionRules, levels: &Value) -> (Self, State) {
        let document = Ed25519KeyPair::generate();
        let key = Ed25519KeyPair::from_der(&document, "1".to_owned()).unwrap();
        let mut fork = Self { rules, room_id: None, events: HashMap::new(), clock: 1000, key };
        if !fork.rules.authorization.room_create_event_id_as_room_id {
            fork.room_id = Some(RoomId::parse("!r:x").unwrap());
        }
        let mut content = json!({ "room_version": "x" });
        if !fork.rules.authorization.use_room_create_sender {
            content["creator"] = ALICE.into();
        }
        let mut state = State::new();
        fork.state(&mut state, ALICE, ("m.room.create", ""), content);
        let create = &fork.events[&state[&("m.room.create".to_owned(), String::new())]];
        fork.room_id = room_id_of_create(&fork.rules, create).or(fork.room_id);
        fork.state(&mut state, ALICE, ("m.room.member", ALICE), json!({ "membership": "join" }));
        fork.state(&mut state, ALICE, ("m.room.power_levels", ""), levels.clone());
        fork.state(&mut state, ALICE, ("m.room.join_rules", ""), json!({ "join_rule": "public" }));
        fork.state(&mut state, BOB, ("m.room.member", BOB), json!({ "membership": "join" }));
        fork.state(&mut state, CAROL, ("m.room.member", CAROL), json!({ "membership": "join" }));
        (fork, state)
    }

    /// Sends state in one branch.
    fn state(
        &mut self,
        state: &mut State,
        sender: &str,
        (kind, key): (&str, &str),
        content: Value,
    ) -> OwnedEventId {
        self.clock += 10;
        let sender = <&UserId>::try_from(sender).unwrap();
        let draft = Draft::state(kind, key, content);
        let keys = auth_event_keys(&self.rules, sender, &draft).unwrap();
        let in_version_12 = self.rules.authorization.room_create_event_id_as_room_id;
        let place = Place {
            room_id: self
                .room_id
                .as_deref()
                .filter(|_| !(in_version_12 && kind == "m.room.create")),
            sender,
            prev_events: Vec::new(),
            auth_events: keys.iter().filter_map(|key| state.get(key).cloned()).collect(),
            depth: 1,
            timestamp: Timestamp(self.clock),
        };
        let signer = Signer { server: server_name!("x"), key: &self.key };
        let pdu = build(&self.rules, draft, &place, signer).unwrap();
        let id = pdu.event_id().to_owned();
        state.insert((kind.to_owned(), key.to_owned()), id.clone());
        self.events.insert(id.clone(), pdu);
        id
    }

    fn resolve(&self, states: &[State]) -> State {
        resolve(&self.rules, states, |id| self.events.get(id).cloned()).unwrap()
    }
}

fn of<'a>(state: &'a State, kind: &str, key: &str) -> &'a OwnedEventId {
    &state[&(kind.to_owned(), key.to_owned())]
}

/// Levels by which Bob moderates. Alice has all power by being the creator from version 12 on.
fn moderated(rules: &RoomVersionRules) -> Value {
    let creator = !rules.authorization.explicitly_privilege_room_creators;
    if creator {
        json!({ "users": { ALICE: 100, BOB: 50 } })
    } else {
        json!({ "users": { BOB: 50 } })
    }
}

fn both() -> [RoomVersionRules; 2] {
    [RoomVersionRules::V10, RoomVersionRules::V12]
}

#[test]
fn states_that_agree_are_left_as_they_are() {
    for rules in both() {
        let (fork, state) = Fork::new(rules.clone(), &moderated(&rules));
        assert_eq!(fork.resolve(&[state.clone(), state.clone()]), state);
    }
}

#[test]
fn a_ban_wins_over_what_the_banned_person_did_meanwhile() {
    for rules in both() {
        let (mut fork, state) = Fork::new(rules.clone(), &moderated(&rules));
        let (mut one, mut other) = (state.clone(), state);
        let ban =
            fork.state(&mut one, ALICE, ("m.room.member", BOB), json!({ "membership": "ban" }));
        fork.state(&mut other, BOB, ("m.room.name", ""), json!({ "name": "Bob's room" }));
        let resolved = fork.resolve(&[one, other]);
        assert_eq!(of(&resolved, "m.room.member", BOB), &ban);
        assert!(!resolved.contains_key(&("m.room.name".to_owned(), String::new())));
    }
}

#[test]
fn power_that_was_taken_away_meanwhile_does_not_count() {
    for rules in both() {
        let (mut fork, state) = Fork::new(rules.clone(), &moderated(&rules));
        let (mut one, mut other) = (state.clone(), state.clone());
        let mut demoted = moderated(&rules);
        demoted["users"][BOB] = 0.into();
        let levels = fork.state(&mut one, ALICE, ("m.room.power_levels", ""), demoted);
        fork.state(&mut other, BOB, ("m.room.member", CAROL), json!({ "membership": "ban" }));
        let resolved = fork.resolve(&[one, other]);
        assert_eq!(of(&resolved, "m.room.power_levels", ""), &levels);
        assert_eq!(of(&resolved, "m.room.member", CAROL), of(&state, "m.room.member", CAROL));
    }
}

#[test]
fn the_order_of_the_states_changes_nothing() {
    for rules in both() {
        let (mut fork, state) = Fork::new(rules.clone(), &moderated(&rules));
        let (mut one, mut other) = (state.clone(), state);
        fork.state(&mut one, ALICE, ("m.room.topic", ""), json!({ "topic": "one" }));
        let later = fork.state(&mut other, BOB, ("m.room.topic", ""), json!({ "topic": "other" }));
        let resolved = fork.resolve(&[one.clone(), other.clone()]);
        assert_eq!(fork.resolve(&[other, one]), resolved);
        // Both were allowed and neither knows the other: the later one is applied last.
        assert_eq!(of(&resolved, "m.room.topic", ""), &later);
    }
}

/// The state reset that version 12 ends: a branch that lost its power levels and the membership of
/// who set them must not win over what was decided with them.
#[test]
fn the_conflicted_subgraph_holds_what_lies_between() {
    let (mut fork, state) = Fork::new(RoomVersionRules::V12, &moderated(&RoomVersionRules::V12));
    let mut branch = state.clone();
    let mut promoted = moderated(&RoomVersionRules::V12);
    promoted["users"][CAROL] = 50.into();
    let first = fork.state(&mut branch, ALICE, ("m.room.power_levels", ""), promoted.clone());
    promoted["users"][CAROL] = 40.into();
    let second = fork.state(&mut branch, ALICE, ("m.room.power_levels", ""), promoted);
    let old = of(&state, "m.room.power_levels", "").clone();
    let conflicted = [old.clone(), second.clone()];
    let subgraph = conflicted_subgraph(conflicted.iter(), &|id| fork.events.get(id).cloned());
    let found: BTreeSet<_> = subgraph.iter().cloned().collect();
    assert_eq!(found, BTreeSet::from([old, first, second]));
}

#[test]
fn a_version_without_a_safe_algorithm_is_refused() {
    let resolved = resolve(&RoomVersionRules::V1, &[], |_| None);
    assert!(matches!(resolved, Err(ResolveError::Unsupported)));
}
