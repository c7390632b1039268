//! Replacing a room by one of another version.
//!
//! `spec/content/client-server-api/modules/room_upgrades.md`. The new room is there whole before
//! the old one points at it: whoever follows never arrives at nothing.

use rules::build::Draft;
use ruma_common::room::JoinRule;
use ruma_common::room_version_rules::AuthorizationRules;
use ruma_common::{OwnedRoomId, OwnedUserId, RoomId, RoomVersionId, UserId};
use serde_json::{Map, Value, json};

use crate::append::Writing;
use crate::create::{Direct, NewRoom, StateInput};
use crate::error::RoomError;
use crate::load::{Rooms, version};
use crate::membership::MemberProfile;
use crate::presets::Preset;
use crate::room::{Current, Room};
use crate::tables::Membership;

/// State that moves to the new room.
const MOVED: [&str; 8] = [
    "m.room.server_acl",
    "m.room.encryption",
    "m.room.name",
    "m.room.avatar",
    "m.room.topic",
    "m.room.guest_access",
    "m.room.history_visibility",
    "m.room.join_rules",
];
/// What it takes to close a room whose creators stand above all levels.
const TO_CLOSE: i64 = 150;
/// What it takes to speak in a room that was replaced.
const TO_SPEAK_ON: i64 = 50;

/// How a room is to be replaced.
#[derive(Clone, Debug)]
pub struct Upgrade {
    /// The version of the new room.
    pub version: RoomVersionId,
    /// Who is its creator beside whoever asks, in versions that know such.
    pub additional_creators: Vec<OwnedUserId>,
}

impl Rooms {
    /// Replaces a room; the id of the new one.
    pub async fn upgrade(
        &self,
        user: &UserId,
        room_id: &RoomId,
        profile: &MemberProfile,
        upgrade: Upgrade,
    ) -> Result<OwnedRoomId, RoomError> {
        let room = self.room_of(user, room_id).await?;
        self.decide(&room, async |writing| {
            if writing.may_set(user, "m.room.tombstone")? {
                return Ok(());
            }
            Err(RoomError::Forbidden(format!("{user} may not replace the room")))
        })
        .await?;
        let current = room.current();
        let new = replacement(&room, user, &upgrade)?;
        let id = self.create(user, profile, new).await?;
        let new = self.room(&id).await?;
        self.move_aliases(&room, &new).await?;
        if let Some(names) = current.content::<Value>("m.room.canonical_alias") {
            self.go_by(user, &id, names).await?;
        }
        self.decide(&room, |writing| close(writing, user, &id)).await?;
        Ok(id)
    }

    /// Lets the new room go by the names of the old one, as far as they lead to it now.
    async fn go_by(&self, user: &UserId, id: &RoomId, names: Value) -> Result<(), RoomError> {
        let draft = Draft::state("m.room.canonical_alias", "", names);
        match self.set_state(user, id, draft).await {
            Ok(_) | Err(RoomError::BadAlias(_) | RoomError::InvalidParameter(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// Points the old room at the new one, and quietens it.
async fn close(mut writing: Writing, user: &UserId, new: &RoomId) -> Result<(), RoomError> {
    let content = json!({ "body": "This room has been replaced", "replacement_room": new });
    writing.state(user, "m.room.tombstone", "", content).await?;
    let current = writing.current.clone();
    let mut last = Vec::new();
    if current.get("m.room.canonical_alias", "").is_some() {
        last.push(("m.room.canonical_alias", json!({})));
    }
    last.push(("m.room.power_levels", Value::Object(quietened(&current))));
    for (kind, content) in last {
        match writing.state(user, kind, "", content).await {
            // The tombstone is what matters; who may set it may lack the power for the rest.
            Ok(()) | Err(RoomError::Forbidden(_)) => {}
            Err(error) => return Err(error),
        }
    }
    writing.commit().await
}

/// The room that takes the place of another.
fn replacement(room: &Room, user: &UserId, upgrade: &Upgrade) -> Result<NewRoom, RoomError> {
    let current = room.current();
    let current = &*current;
    let (version, rules) = version(upgrade.version.as_str())?;
    let open = matches!(current.join_rule(), JoinRule::Public);
    let levels = levels(current, user, upgrade, &rules.authorization);
    let moved = MOVED.into_iter().filter_map(|kind| {
        let content = current.content(kind)?;
        Some(StateInput { kind: kind.to_owned(), state_key: String::new(), content })
    });
    Ok(NewRoom {
        version: Some(version),
        preset: if open { Preset::Public } else { Preset::Private },
        listed: false,
        name: None,
        topic: None,
        alias: None,
        invite: Vec::new(),
        direct: Direct::No,
        creation_content: creation(room, upgrade, &rules.authorization),
        initial_state: moved.chain(bans(current)).collect(),
        power_levels: Some(levels),
    })
}

/// Content of the new room's first event, beside what every room has there.
fn creation(room: &Room, upgrade: &Upgrade, rules: &AuthorizationRules) -> Map<String, Value> {
    let current = room.current();
    let mut content = Map::new();
    let old: Map<String, Value> = current.content("m.room.create").unwrap_or_default();
    for key in ["type", "m.federate"] {
        if let Some(value) = old.get(key) {
            content.insert(key.to_owned(), value.clone());
        }
    }
    let last = current.head.extremities.last().map(|(event_id, _)| event_id);
    let predecessor = json!({ "room_id": room.id, "event_id": last });
    content.insert("predecessor".to_owned(), predecessor);
    if rules.additional_room_creators && !upgrade.additional_creators.is_empty() {
        let creators = json!(upgrade.additional_creators);
        content.insert("additional_creators".to_owned(), creators);
    }
    content
}

/// Whoever was kept out of the old room is kept out of the new one.
fn bans(current: &Current) -> impl Iterator<Item = StateInput> + '_ {
    let banned = current.members.iter().filter(|(_, membership)| **membership == Membership::Ban);
    banned.filter_map(|(person, _)| {
        let event = current.get("m.room.member", person.as_str())?;
        let old: Map<String, Value> = event.pdu.content_as().ok()?;
        let mut content = json!({ "membership": "ban" });
        if let (Some(reason), Some(content)) = (old.get("reason"), content.as_object_mut()) {
            content.insert("reason".to_owned(), reason.clone());
        }
        let kind = "m.room.member".to_owned();
        Some(StateInput { kind, state_key: person.to_string(), content })
    })
}

/// Power levels of the new room: those of the old one, made to fit the rules of its version.
fn levels(
    current: &Current,
    user: &UserId,
    upgrade: &Upgrade,
    rules: &AuthorizationRules,
) -> Map<String, Value> {
    let mut content: Map<String, Value> =
        current.content("m.room.power_levels").unwrap_or_default();
    content.values_mut().for_each(into_numbers);
    let needed = highest(&content);
    let state_default = content.get("state_default").and_then(Value::as_i64).unwrap_or(50);
    let users = content.entry("users").or_insert_with(|| json!({}));
    if let Some(users) = users.as_object_mut() {
        if rules.explicitly_privilege_room_creators {
            let creators = upgrade.additional_creators.iter().map(|creator| &**creator);
            for creator in creators.chain([user]) {
                users.remove(creator.as_str());
            }
        } else {
            let had = users.get(user.as_str()).and_then(Value::as_i64).unwrap_or(0);
            users.insert(user.to_string(), had.max(needed).into());
        }
    }
    if rules.explicitly_privilege_room_creators {
        let events = content.entry("events").or_insert_with(|| json!({}));
        if let Some(events) = events.as_object_mut() {
            let level = TO_CLOSE.max(state_default.saturating_add(1));
            events.insert("m.room.tombstone".to_owned(), level.into());
        }
    }
    content
}

/// What it takes at most to do anything under these levels, 100 at least.
fn highest(content: &Map<String, Value>) -> i64 {
    let events = content.get("events").and_then(Value::as_object);
    let events = events.into_iter().flat_map(Map::values).filter_map(Value::as_i64);
    let others = content.values().filter_map(Value::as_i64);
    events.chain(others).max().unwrap_or(0).max(100)
}

/// Old versions took numbers in strings; new ones refuse them.
fn into_numbers(value: &mut Value) {
    match value {
        Value::Object(object) => object.values_mut().for_each(into_numbers),
        Value::String(text) => {
            if let Ok(number) = text.trim().parse::<i64>() {
                *value = number.into();
            }
        }
        _ => {}
    }
}

/// Power levels of a room that was replaced: only moderators speak and invite there.
fn quietened(current: &Current) -> Map<String, Value> {
    let mut content: Map<String, Value> =
        current.content("m.room.power_levels").unwrap_or_default();
    let level = |content: &Map<String, Value>, key| content.get(key).and_then(Value::as_i64);
    let above = level(&content, "users_default").unwrap_or(0).saturating_add(1);
    for key in ["events_default", "invite"] {
        let now = level(&content, key).unwrap_or(0);
        content.insert(key.to_owned(), now.max(TO_SPEAK_ON).max(above).into());
    }
    content
}
