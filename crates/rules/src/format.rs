//! The form in which a client sees an event.
//!
//! `spec/content/client-server-api/_index.md`, "Room event format"; what belongs to one reader
//! alone (`unsigned`) is not made here.

use ruma_common::room_version_rules::RoomVersionRules;
use ruma_common::{EventId, OwnedEventId, RoomId, UserId};
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};

use crate::event::Pdu;

/// Fields of an event in the client's form.
#[derive(Serialize)]
struct ClientEvent<'a> {
    content: &'a RawValue,
    event_id: &'a EventId,
    origin_server_ts: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    redacts: Option<&'a EventId>,
    room_id: &'a RoomId,
    sender: &'a UserId,
    #[serde(skip_serializing_if = "Option::is_none")]
    state_key: Option<&'a str>,
    r#type: &'a str,
}

/// The event as JSON, in the client's form. The room is named by who knows it: the first event of
/// a room from version 12 on does not say it.
pub fn client_json(
    event: &Pdu,
    room_id: &RoomId,
    rules: &RoomVersionRules,
) -> Result<String, serde_json::Error> {
    let redacts = redacts(event, rules);
    let both = redacts.as_deref().map(|id| content_naming(event, id)).transpose()?;
    serde_json::to_string(&ClientEvent {
        content: both.as_deref().unwrap_or(event.content()),
        event_id: event.event_id(),
        origin_server_ts: event.origin_server_ts().0,
        redacts: redacts.as_deref(),
        room_id,
        sender: event.sender(),
        state_key: event.state_key(),
        r#type: event.kind(),
    })
}

/// A stripped state event: what somebody who is not in the room is told of its state.
pub fn stripped_json(event: &Pdu) -> Result<String, serde_json::Error> {
    #[derive(Serialize)]
    struct Stripped<'a> {
        content: &'a RawValue,
        sender: &'a UserId,
        state_key: &'a str,
        r#type: &'a str,
    }
    serde_json::to_string(&Stripped {
        content: event.content(),
        sender: event.sender(),
        state_key: event.state_key().unwrap_or_default(),
        r#type: event.kind(),
    })
}

/// The event that a redaction redacts: named in its content from version 11 on, beside it before.
pub fn redacts(event: &Pdu, rules: &RoomVersionRules) -> Option<OwnedEventId> {
    #[derive(Deserialize)]
    struct Redacts {
        redacts: OwnedEventId,
    }
    if event.kind() != "m.room.redaction" {
        return None;
    }
    if rules.redaction.content_field_redacts {
        return event.content_as::<Redacts>().ok().map(|content| content.redacts);
    }
    event.top_level_redacts().map(ToOwned::to_owned)
}

// "Backwards-compatibility", rooms/v11: clients old and new look in one of two places.
fn content_naming(event: &Pdu, redacts: &EventId) -> Result<Box<RawValue>, serde_json::Error> {
    let mut content: Map<String, Value> = event.content_as()?;
    content.insert("redacts".to_owned(), redacts.as_str().into());
    to_raw_value(&content)
}

#[cfg(test)]
mod tests {
    use ruma_common::room_id;
    use serde_json::json;

    use super::*;
    use crate::json::canonical_object;

    fn check(event: &Value, rules: &RoomVersionRules, expected: &Value) {
        let mut pdu = json!({
            "sender": "@a:x", "origin_server_ts": 5, "depth": 1, "prev_events": [],
            "auth_events": [], "hashes": {}, "signatures": {},
        });
        pdu.as_object_mut().unwrap().extend(event.as_object().unwrap().clone());
        let id = EventId::parse("$e").unwrap();
        let pdu = Pdu::from_json(canonical_object(pdu).unwrap(), id).unwrap();
        let shown = client_json(&pdu, room_id!("!r:x"), rules).unwrap();
        let shown: Value = serde_json::from_str(&shown).unwrap();
        let mut whole = json!({
            "event_id": "$e", "room_id": "!r:x", "sender": "@a:x", "origin_server_ts": 5,
        });
        whole.as_object_mut().unwrap().extend(expected.as_object().unwrap().clone());
        assert_eq!(shown, whole);
    }

    #[test]
    fn a_client_sees_its_fields_and_no_others() {
        let message = json!({ "type": "m.room.message", "content": { "body": "hi" } });
        check(&message, &RoomVersionRules::V10, &message);
        let state = json!({ "type": "m.room.name", "state_key": "", "content": { "name": "n" } });
        check(&state, &RoomVersionRules::V12, &state);
    }

    #[test]
    fn a_redaction_names_its_event_in_both_places_in_every_version() {
        let shown = json!({
            "type": "m.room.redaction", "redacts": "$t",
            "content": { "redacts": "$t", "reason": "why" },
        });
        let old = json!({
            "type": "m.room.redaction", "redacts": "$t", "content": { "reason": "why" },
        });
        let new = json!({
            "type": "m.room.redaction", "content": { "redacts": "$t", "reason": "why" },
        });
        check(&old, &RoomVersionRules::V6, &shown);
        check(&old, &RoomVersionRules::V10, &shown);
        check(&new, &RoomVersionRules::V11, &shown);
        check(&new, &RoomVersionRules::V12, &shown);
    }

    #[test]
    fn only_a_redaction_redacts() {
        let message = json!({ "type": "m.room.message", "content": { "redacts": "$t" } });
        check(&message, &RoomVersionRules::V11, &message);
    }
}
