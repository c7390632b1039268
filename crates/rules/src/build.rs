//! Building an event: its format by room version, its hash, its signature, its id.

use base::clock::Timestamp;
use ruma_common::room_version_rules::RoomVersionRules;
use ruma_common::{
    CanonicalJsonObject, EventId, OwnedEventId, OwnedRoomId, RoomId, ServerName, UserId,
};
use ruma_events::TimelineEventType;
use ruma_signatures::{Ed25519KeyPair, JsonError as JsonFault};
use serde_json::value::to_raw_value;
use serde_json::{Value, json};

use crate::auth::Denied;
use crate::event::Pdu;
use crate::json::{JsonError, canonical_object};

/// Bytes of a type, state key, sender or room id at most.
const MAX_FIELD: usize = 255;
/// Bytes of an event at most, as servers exchange it.
const MAX_EVENT: usize = 65_535;

/// What somebody wants to say.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Type.
    pub kind: String,
    /// State key, for state.
    pub state_key: Option<String>,
    /// Content.
    pub content: Value,
    /// The event that it redacts.
    pub redacts: Option<OwnedEventId>,
}

impl Draft {
    /// A message.
    pub fn message(kind: &str, content: Value) -> Self {
        Self { kind: kind.to_owned(), state_key: None, content, redacts: None }
    }

    /// State.
    pub fn state(kind: &str, state_key: &str, content: Value) -> Self {
        Self { state_key: Some(state_key.to_owned()), ..Self::message(kind, content) }
    }

    /// A redaction.
    pub fn redaction(redacts: OwnedEventId, content: Value) -> Self {
        Self { redacts: Some(redacts), ..Self::message("m.room.redaction", content) }
    }
}

/// Where an event goes.
#[derive(Debug)]
pub struct Place<'a> {
    /// Its room; none for the first event of a room from version 12 on.
    pub room_id: Option<&'a RoomId>,
    /// Who sends it.
    pub sender: &'a UserId,
    /// The events before it.
    pub prev_events: Vec<OwnedEventId>,
    /// The events that allow it.
    pub auth_events: Vec<OwnedEventId>,
    /// One more than the deepest of those before.
    pub depth: u64,
    /// Now.
    pub timestamp: Timestamp,
}

/// Who signs.
#[derive(Clone, Copy)]
pub struct Signer<'a> {
    /// The server.
    pub server: &'a ServerName,
    /// Its key.
    pub key: &'a Ed25519KeyPair,
}

/// Why an event cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The content has no canonical form.
    #[error("content: {0}")]
    Content(#[from] JsonError),
    /// A field or the whole is larger than the specification allows.
    #[error("{0}")]
    TooLarge(String),
    /// The format of the room's version is not met.
    #[error("{0}")]
    Format(String),
}

/// Types and state keys of the events that must allow a draft.
pub fn auth_event_keys(
    rules: &RoomVersionRules,
    sender: &UserId,
    draft: &Draft,
) -> Result<Vec<(String, String)>, Denied> {
    let kind = TimelineEventType::from(draft.kind.as_str());
    let content = to_raw_value(&draft.content).map_err(|error| Denied(error.to_string()))?;
    let state_key = draft.state_key.as_deref();
    let rules = &rules.authorization;
    let keys = ruma_state_res::auth_types_for_event(&kind, sender, state_key, &content, rules);
    let keys = keys.map_err(Denied)?;
    Ok(keys.into_iter().map(|(kind, key)| (kind.to_string(), key)).collect())
}

/// Builds, hashes and signs an event.
pub fn build(
    rules: &RoomVersionRules,
    draft: Draft,
    place: &Place<'_>,
    signer: Signer<'_>,
) -> Result<Pdu, BuildError> {
    limit("type", &draft.kind)?;
    limit("state_key", draft.state_key.as_deref().unwrap_or_default())?;
    limit("sender", place.sender.as_str())?;
    let mut object = unsigned_event(rules, draft, place)?;
    let format = |error: &dyn std::fmt::Display| BuildError::Format(error.to_string());
    let (server, key) = (signer.server.as_str(), signer.key);
    ruma_signatures::hash_and_sign_event(server, key, &mut object, &rules.redaction).map_err(
        |error| match error {
            JsonFault::PduTooLarge => too_large(),
            error => format(&error),
        },
    )?;
    let size = serde_json::to_string(&object).map_err(|error| format(&error))?.len();
    if size > MAX_EVENT {
        return Err(too_large());
    }
    ruma_state_res::check_pdu_format(&object, &rules.event_format).map_err(BuildError::Format)?;
    let event_id = event_id(rules, &object)?;
    Pdu::from_json(object, event_id).map_err(|error| format(&error))
}

/// The id of an event: the hash of its skeleton.
pub fn event_id(
    rules: &RoomVersionRules,
    object: &CanonicalJsonObject,
) -> Result<OwnedEventId, BuildError> {
    let hash = ruma_signatures::reference_hash(object, rules)
        .map_err(|error| BuildError::Format(error.to_string()))?;
    EventId::parse(format!("${hash}")).map_err(|error| BuildError::Format(error.to_string()))
}

/// The id of the room that a first event makes, where versions draw it from the event (12 on).
pub fn room_id_of_create(rules: &RoomVersionRules, create: &Pdu) -> Option<OwnedRoomId> {
    if !rules.authorization.room_create_event_id_as_room_id {
        return None;
    }
    RoomId::parse(create.event_id().as_str().replacen('$', "!", 1)).ok()
}

fn unsigned_event(
    rules: &RoomVersionRules,
    draft: Draft,
    place: &Place<'_>,
) -> Result<CanonicalJsonObject, BuildError> {
    let mut event = json!({
        "type": draft.kind,
        "sender": place.sender,
        "content": draft.content,
        "origin_server_ts": place.timestamp.0,
        "prev_events": place.prev_events,
        "auth_events": place.auth_events,
        "depth": place.depth,
    });
    let set = |event: &mut Value, key: &str, value: Value| {
        if let Some(object) = event.as_object_mut() {
            object.insert(key.to_owned(), value);
        }
    };
    if let Some(room_id) = place.room_id {
        set(&mut event, "room_id", room_id.as_str().into());
    }
    if let Some(state_key) = draft.state_key {
        set(&mut event, "state_key", state_key.into());
    }
    if let Some(redacts) = draft.redacts {
        if rules.redaction.content_field_redacts {
            if let Some(content) = event.get_mut("content") {
                set(content, "redacts", redacts.as_str().into());
            }
        } else {
            set(&mut event, "redacts", redacts.as_str().into());
        }
    }
    Ok(canonical_object(event)?)
}

fn too_large() -> BuildError {
    BuildError::TooLarge(format!("the event has more than {MAX_EVENT} bytes"))
}

fn limit(field: &str, value: &str) -> Result<(), BuildError> {
    if value.len() <= MAX_FIELD {
        return Ok(());
    }
    let size = value.len();
    Err(BuildError::TooLarge(format!("{field} has {size} bytes of {MAX_FIELD}")))
}
