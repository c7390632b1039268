//! What a new room starts with: the presets of the specification, and power levels.

use serde_json::{Map, Value, json};

/// How open a new room is (`preset` of `POST /createRoom`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// Invited people only.
    Private,
    /// Invited people only, all with the creator's power.
    TrustedPrivate,
    /// Anybody.
    Public,
}

impl Preset {
    pub(crate) const fn join_rule(self) -> &'static str {
        match self {
            Self::Private | Self::TrustedPrivate => "invite",
            Self::Public => "public",
        }
    }

    pub(crate) const fn guest_access(self) -> &'static str {
        match self {
            Self::Private | Self::TrustedPrivate => "can_join",
            Self::Public => "forbidden",
        }
    }
}

/// Content of the first `m.room.power_levels`. Creators of rooms from version 12 on have all
/// power by being creators, and may not be listed.
pub(crate) fn power_levels(
    users: &Map<String, Value>,
    tombstone_level: i64,
    overrides: Option<Map<String, Value>>,
) -> Value {
    let mut content = json!({
        "ban": 50, "kick": 50, "redact": 50, "invite": 0,
        "events_default": 0, "state_default": 50, "users_default": 0,
        "events": {
            "m.room.avatar": 50,
            "m.room.canonical_alias": 50,
            "m.room.encryption": 100,
            "m.room.history_visibility": 100,
            "m.room.name": 50,
            "m.room.power_levels": 100,
            "m.room.server_acl": 100,
            "m.room.tombstone": tombstone_level,
        },
        "notifications": { "room": 50 },
        "users": users,
    });
    if let Some(object) = content.as_object_mut() {
        object.extend(overrides.unwrap_or_default());
    }
    content
}

/// Content of `m.room.encryption` as this server sets it.
pub(crate) fn encryption() -> Value {
    json!({ "algorithm": rules::sealing::ALGORITHM })
}
