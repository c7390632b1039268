//! An event as servers exchange it (a PDU), parsed once and shared.

use std::sync::Arc;

use base::clock::Timestamp;
use ruma_common::{
    CanonicalJsonObject, CanonicalJsonValue, EventId, MilliSecondsSinceUnixEpoch, OwnedEventId,
    OwnedRoomId, OwnedUserId, RoomId, UInt, UserId,
};
use ruma_events::TimelineEventType;
use ruma_events::room::member::MembershipState;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::{RawValue, to_raw_value};

/// An object that is not an event.
#[derive(Debug, thiserror::Error)]
#[error("malformed event: {0}")]
pub struct EventError(#[from] serde_json::Error);

/// An event. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Pdu(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    event_id: OwnedEventId,
    fields: Fields,
    content: Box<RawValue>,
    json: CanonicalJsonObject,
}

#[derive(Debug, Deserialize)]
struct Fields {
    room_id: Option<OwnedRoomId>,
    sender: OwnedUserId,
    #[serde(rename = "type")]
    kind: TimelineEventType,
    state_key: Option<String>,
    origin_server_ts: UInt,
    #[serde(default)]
    prev_events: Vec<OwnedEventId>,
    #[serde(default)]
    auth_events: Vec<OwnedEventId>,
    #[serde(default)]
    depth: UInt,
    redacts: Option<OwnedEventId>,
}

impl Pdu {
    /// Reads an event from its JSON, under the id that the rules of its room give it.
    pub fn from_json(json: CanonicalJsonObject, event_id: OwnedEventId) -> Result<Self, EventError> {
        let empty = CanonicalJsonValue::Object(CanonicalJsonObject::new());
        let content = to_raw_value(json.get("content").unwrap_or(&empty))?;
        let mut fields: Fields =
            serde_json::from_value(CanonicalJsonValue::Object(json.clone()).into())?;
        if fields.redacts.is_none() {
            #[derive(Deserialize)]
            struct Redacts {
                redacts: Option<OwnedEventId>,
            }
            if fields.kind == TimelineEventType::RoomRedaction {
                fields.redacts =
                    serde_json::from_str(content.get()).ok().and_then(|c: Redacts| c.redacts);
            }
        }
        Ok(Self(Arc::new(Inner { event_id, fields, content, json })))
    }

    /// The whole event, as signed.
    pub fn json(&self) -> &CanonicalJsonObject {
        &self.0.json
    }

    /// The event's id.
    pub fn event_id(&self) -> &EventId {
        &self.0.event_id
    }

    /// Its room; the first event of a room from version 12 on has none.
    pub fn room_id(&self) -> Option<&RoomId> {
        self.0.fields.room_id.as_deref()
    }

    /// Who sent it.
    pub fn sender(&self) -> &UserId {
        &self.0.fields.sender
    }

    /// Its type.
    pub fn kind(&self) -> &str {
        self.0.json.get("type").and_then(CanonicalJsonValue::as_str).unwrap_or_default()
    }

    /// Its state key, when it is a state event.
    pub fn state_key(&self) -> Option<&str> {
        self.0.fields.state_key.as_deref()
    }

    /// When its sender's server says that it was made.
    pub fn origin_server_ts(&self) -> Timestamp {
        Timestamp(self.0.fields.origin_server_ts.into())
    }

    /// The events before it.
    pub fn prev_event_ids(&self) -> impl Iterator<Item = &EventId> {
        self.0.fields.prev_events.iter().map(AsRef::as_ref)
    }

    /// How far it is from the room's beginning, as its sender's server says.
    pub fn depth(&self) -> u64 {
        self.0.fields.depth.into()
    }

    /// The content, as JSON.
    pub fn content(&self) -> &RawValue {
        &self.0.content
    }

    /// The content, as a type.
    pub fn content_as<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(self.0.content.get())
    }

    /// The membership that it sets, when it is a membership event.
    pub fn membership(&self) -> Option<MembershipState> {
        #[derive(Deserialize)]
        struct Member {
            membership: MembershipState,
        }
        (self.kind() == "m.room.member").then(|| self.content_as::<Member>().ok())?.map(|m| m.membership)
    }
}

impl ruma_state_res::Event for Pdu {
    type Id = OwnedEventId;

    fn event_id(&self) -> &Self::Id {
        &self.0.event_id
    }
    fn room_id(&self) -> Option<&RoomId> {
        self.room_id()
    }
    fn sender(&self) -> &UserId {
        self.sender()
    }
    fn origin_server_ts(&self) -> MilliSecondsSinceUnixEpoch {
        MilliSecondsSinceUnixEpoch(self.0.fields.origin_server_ts)
    }
    fn event_type(&self) -> &TimelineEventType {
        &self.0.fields.kind
    }
    fn content(&self) -> &RawValue {
        &self.0.content
    }
    fn state_key(&self) -> Option<&str> {
        self.state_key()
    }
    fn prev_events(&self) -> Box<dyn DoubleEndedIterator<Item = &Self::Id> + '_> {
        Box::new(self.0.fields.prev_events.iter())
    }
    fn auth_events(&self) -> Box<dyn DoubleEndedIterator<Item = &Self::Id> + '_> {
        Box::new(self.0.fields.auth_events.iter())
    }
    fn redacts(&self) -> Option<&Self::Id> {
        self.0.fields.redacts.as_ref()
    }
    fn rejected(&self) -> bool {
        false
    }
}
