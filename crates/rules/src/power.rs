//! Power levels: who may do what (`m.room.power_levels`).

use std::collections::{BTreeMap, BTreeSet};

use js_int::Int;
use ruma_common::room_version_rules::{AuthorizationRules, RoomVersionRules};
use ruma_common::{OwnedUserId, UserId};
use ruma_state_res::events::{RoomCreateEvent, RoomPowerLevelsEvent, RoomPowerLevelsIntField};

use crate::event::Pdu;

/// What the creator may do in a room without `m.room.power_levels`.
const CREATOR: i64 = 100;

/// How much power somebody has, or something takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// A number.
    Finite(i64),
    /// More than any number: the creators of a room from version 12 on.
    Infinite,
}

/// The power levels in force in a room.
#[derive(Clone, Debug)]
pub struct PowerLevels {
    almighty: BTreeSet<OwnedUserId>,
    users: BTreeMap<OwnedUserId, i64>,
    events: BTreeMap<String, i64>,
    notify_room: i64,
    users_default: i64,
    events_default: i64,
    state_default: i64,
    ban: i64,
    redact: i64,
    kick: i64,
    invite: i64,
}

impl PowerLevels {
    /// Reads the levels from the room's first event and its `m.room.power_levels`.
    pub fn from_state(create: &Pdu, levels: Option<&Pdu>, rules: &RoomVersionRules) -> Self {
        let rules = &rules.authorization;
        let creators = RoomCreateEvent::new(create).creators(rules).unwrap_or_default();
        let creators: BTreeSet<_> = creators.into_iter().collect();
        let event = levels.map(RoomPowerLevelsEvent::new);
        let field = |field: RoomPowerLevelsIntField| level(event.as_ref(), field, rules);
        let mut all = Self {
            almighty: BTreeSet::new(),
            users: BTreeMap::new(),
            events: BTreeMap::new(),
            notify_room: 50,
            users_default: field(RoomPowerLevelsIntField::UsersDefault),
            events_default: field(RoomPowerLevelsIntField::EventsDefault),
            state_default: field(RoomPowerLevelsIntField::StateDefault),
            ban: field(RoomPowerLevelsIntField::Ban),
            redact: field(RoomPowerLevelsIntField::Redact),
            kick: field(RoomPowerLevelsIntField::Kick),
            invite: field(RoomPowerLevelsIntField::Invite),
        };
        if let Some(event) = &event {
            all.read_maps(event, rules);
        } else {
            all.users = creators.iter().map(|creator| (creator.clone(), CREATOR)).collect();
        }
        if rules.explicitly_privilege_room_creators {
            all.almighty = creators;
        }
        all
    }

    /// A map that the rules would not have let through counts as absent.
    fn read_maps(&mut self, event: &RoomPowerLevelsEvent<&Pdu>, rules: &AuthorizationRules) {
        let number = |value: Int| i64::from(value);
        let users = event.users(rules).ok().flatten().into_iter().flatten();
        self.users = users.map(|(user, value)| (user.clone(), number(*value))).collect();
        let events = event.events(rules).ok().flatten().into_iter().flatten();
        self.events = events.map(|(kind, value)| (kind.to_string(), number(value))).collect();
        let notifications = event.notifications(rules).ok().flatten();
        let room = notifications.and_then(|levels| levels.get("room").copied());
        self.notify_room = room.map_or(50, number);
    }

    /// How much power a person has.
    pub fn level_of(&self, user: &UserId) -> Level {
        if self.almighty.contains(user) {
            return Level::Infinite;
        }
        Level::Finite(self.users.get(user).copied().unwrap_or(self.users_default))
    }

    /// What it takes to set state of a type.
    pub fn to_set(&self, kind: &str) -> Level {
        Level::Finite(self.events.get(kind).copied().unwrap_or(self.state_default))
    }

    /// What it takes to send a message of a type.
    pub fn to_send(&self, kind: &str) -> Level {
        Level::Finite(self.events.get(kind).copied().unwrap_or(self.events_default))
    }

    /// What it takes to redact the events of others.
    pub fn to_redact(&self) -> Level {
        Level::Finite(self.redact)
    }

    /// What it takes to invite.
    pub fn to_invite(&self) -> Level {
        Level::Finite(self.invite)
    }

    /// What it takes to remove somebody, beside having more power than they.
    pub fn to_kick(&self) -> Level {
        Level::Finite(self.kick)
    }

    /// What it takes to ban somebody, beside having more power than they.
    pub fn to_ban(&self) -> Level {
        Level::Finite(self.ban)
    }

    /// What it takes to notify the whole room (`@room`).
    pub fn to_notify_room(&self) -> Level {
        Level::Finite(self.notify_room)
    }
}

fn level(
    event: Option<&RoomPowerLevelsEvent<&Pdu>>,
    field: RoomPowerLevelsIntField,
    rules: &AuthorizationRules,
) -> i64 {
    let value = event.and_then(|event| event.get_as_int(field, rules).ok().flatten());
    value.unwrap_or(field.default_value()).into()
}

#[cfg(test)]
mod tests {
    use ruma_common::{EventId, user_id};
    use serde_json::{Value, json};

    use super::*;
    use crate::json::canonical_object;

    fn event(kind: &str, content: &Value) -> Pdu {
        let event = json!({
            "type": kind, "state_key": "", "sender": "@creator:x", "content": content,
            "origin_server_ts": 1, "depth": 1, "prev_events": [], "auth_events": [],
        });
        let id = EventId::parse("$e").unwrap();
        Pdu::from_json(canonical_object(event).unwrap(), id).unwrap()
    }

    fn levels(rules: &RoomVersionRules, create: &Value, levels: Option<&Value>) -> PowerLevels {
        let create = event("m.room.create", create);
        let levels = levels.map(|content| event("m.room.power_levels", content));
        PowerLevels::from_state(&create, levels.as_ref(), rules)
    }

    const V6: &RoomVersionRules = &RoomVersionRules::V6;
    const V10: &RoomVersionRules = &RoomVersionRules::V10;
    const V12: &RoomVersionRules = &RoomVersionRules::V12;

    #[test]
    fn creators_have_infinite_power_from_version_12_on() {
        let create = json!({ "creator": "@creator:x", "additional_creators": ["@second:x"] });
        let content = json!({ "users": { "@mod:x": 50 } });
        let table = [
            (V10, user_id!("@creator:x"), Level::Finite(0)),
            (V10, user_id!("@second:x"), Level::Finite(0)),
            (V10, user_id!("@mod:x"), Level::Finite(50)),
            (V12, user_id!("@creator:x"), Level::Infinite),
            (V12, user_id!("@second:x"), Level::Infinite),
            (V12, user_id!("@mod:x"), Level::Finite(50)),
            (V12, user_id!("@other:x"), Level::Finite(0)),
        ];
        for (rules, user, expected) in table {
            assert_eq!(levels(rules, &create, Some(&content)).level_of(user), expected, "{user}");
        }
    }

    #[test]
    fn without_the_event_the_creator_has_100_and_the_defaults_hold() {
        let powers = levels(V6, &json!({ "creator": "@creator:x" }), None);
        assert_eq!(powers.level_of(user_id!("@creator:x")), Level::Finite(100));
        assert_eq!(powers.level_of(user_id!("@other:x")), Level::Finite(0));
        assert_eq!(powers.to_set("m.room.name"), Level::Finite(50));
        assert_eq!(powers.to_send("m.room.message"), Level::Finite(0));
        assert_eq!(powers.to_invite(), Level::Finite(0));
        assert_eq!(powers.to_ban(), Level::Finite(50));
    }

    #[test]
    fn numbers_in_strings_count_before_version_10_only() {
        let create = json!({ "creator": "@creator:x" });
        let content = json!({ "ban": "70", "users": { "@mod:x": " 60 " } });
        let old = levels(V6, &create, Some(&content));
        assert_eq!(old.to_ban(), Level::Finite(70));
        assert_eq!(old.level_of(user_id!("@mod:x")), Level::Finite(60));
        let new = levels(V10, &create, Some(&content));
        assert_eq!(new.to_ban(), Level::Finite(50));
        assert_eq!(new.level_of(user_id!("@mod:x")), Level::Finite(0));
    }

    #[test]
    fn each_field_governs_its_own_action() {
        let content = json!({
            "ban": 1, "kick": 2, "redact": 3, "invite": 4, "events_default": 5,
            "state_default": 6, "users_default": 7, "notifications": { "room": 8 },
            "events": { "m.room.name": 9, "m.sticker": 10 },
        });
        let powers = levels(V10, &json!({ "creator": "@creator:x" }), Some(&content));
        let table = [
            (powers.to_ban(), 1),
            (powers.to_kick(), 2),
            (powers.to_redact(), 3),
            (powers.to_invite(), 4),
            (powers.to_send("m.room.message"), 5),
            (powers.to_set("m.room.topic"), 6),
            (powers.level_of(user_id!("@other:x")), 7),
            (powers.to_notify_room(), 8),
            (powers.to_set("m.room.name"), 9),
            (powers.to_send("m.sticker"), 10),
        ];
        for (level, expected) in table {
            assert_eq!(level, Level::Finite(expected));
        }
        assert!(Level::Infinite > Level::Finite(i64::MAX));
    }
}
