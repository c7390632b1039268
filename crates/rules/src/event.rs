//! An event as servers exchange it (a PDU), parsed once and shared.

use std::sync::Arc;

use base::clock::Timestamp;
use js_int::UInt;
use ruma_common::{
    CanonicalJsonObject, CanonicalJsonValue, EventId, MilliSecondsSinceUnixEpoch, OwnedEventId,
    OwnedRoomId, OwnedUserId, RoomId, UserId,
};
use ruma_events::TimelineEventType;
use ruma_events::room::member::MembershipState;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::{RawValue, to_raw_value};

/// An object that is not an event.
#[derive(Debug, thiserror::Error)]
pub enum EventError {
    /// A field is missing, or is not what the format asks for.
    #[error("malformed event: field {0}")]
    Field(&'static str),
    /// The JSON does not serialise or does not read back.
    #[error("malformed event: {0}")]
    Json(#[from] serde_json::Error),
}

/// An event. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Pdu(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    event_id: OwnedEventId,
    room_id: Option<OwnedRoomId>,
    sender: OwnedUserId,
    kind: Box<str>,
    event_type: TimelineEventType,
    state_key: Option<Box<str>>,
    origin_server_ts: UInt,
    prev_events: Box<[OwnedEventId]>,
    auth_events: Box<[OwnedEventId]>,
    depth: u64,
    redacts: Option<OwnedEventId>,
    content: Box<RawValue>,
    /// Everything but the content, as JSON: read again only by who needs the whole event.
    rest: Box<RawValue>,
}

impl Pdu {
    /// Reads an event from its JSON, under the id that the rules of its room give it.
    pub fn from_json(
        mut json: CanonicalJsonObject,
        event_id: OwnedEventId,
    ) -> Result<Self, EventError> {
        let Some(CanonicalJsonValue::Object(content)) = json.remove("content") else {
            return Err(EventError::Field("content"));
        };
        let text = |field: &'static str| json.get(field).and_then(CanonicalJsonValue::as_str);
        let kind = text("type").ok_or(EventError::Field("type"))?;
        let sender = text("sender").ok_or(EventError::Field("sender"))?;
        let origin_server_ts = number(&json, "origin_server_ts")?;
        let origin_server_ts = origin_server_ts.ok_or(EventError::Field("origin_server_ts"))?;
        Ok(Self(Arc::new(Inner {
            event_id,
            room_id: id(text("room_id"), "room_id")?,
            sender: sender.try_into().map_err(|_| EventError::Field("sender"))?,
            kind: kind.into(),
            event_type: kind.into(),
            state_key: text("state_key").map(Into::into),
            origin_server_ts,
            prev_events: ids(&json, "prev_events")?,
            auth_events: ids(&json, "auth_events")?,
            depth: number(&json, "depth")?.unwrap_or_default().into(),
            redacts: id(text("redacts"), "redacts")?,
            content: to_raw_value(&content)?,
            rest: to_raw_value(&json)?,
        })))
    }

    /// The whole event, as signed.
    pub fn json(&self) -> Result<CanonicalJsonObject, EventError> {
        let mut json: CanonicalJsonObject = serde_json::from_str(self.0.rest.get())?;
        let content: CanonicalJsonObject = serde_json::from_str(self.0.content.get())?;
        json.insert("content".to_owned(), content.into());
        Ok(json)
    }

    /// The event's id.
    pub fn event_id(&self) -> &EventId {
        &self.0.event_id
    }

    /// Its room; the first event of a room from version 12 on has none.
    pub fn room_id(&self) -> Option<&RoomId> {
        self.0.room_id.as_deref()
    }

    /// Who sent it.
    pub fn sender(&self) -> &UserId {
        &self.0.sender
    }

    /// Its type.
    pub fn kind(&self) -> &str {
        &self.0.kind
    }

    /// Its state key, when it is a state event.
    pub fn state_key(&self) -> Option<&str> {
        self.0.state_key.as_deref()
    }

    /// When its sender's server says that it was made.
    pub fn origin_server_ts(&self) -> Timestamp {
        Timestamp(self.0.origin_server_ts.into())
    }

    /// The events before it.
    pub fn prev_event_ids(&self) -> impl Iterator<Item = &EventId> {
        self.0.prev_events.iter().map(AsRef::as_ref)
    }

    /// The events that allow it.
    pub fn auth_event_ids(&self) -> impl Iterator<Item = &EventId> {
        self.0.auth_events.iter().map(AsRef::as_ref)
    }

    /// How far it is from the room's beginning, as its sender's server says.
    pub fn depth(&self) -> u64 {
        self.0.depth
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
        let member = (self.kind() == "m.room.member").then(|| self.content_as::<Member>().ok())?;
        member.map(|member| member.membership)
    }

    /// Whose its body is: of whom it tells.
    pub fn body_owner(&self) -> OwnedUserId {
        owner(self.kind(), self.state_key(), self.sender())
    }

    /// What it redacts, as a field beside the content: before version 11.
    pub(crate) fn top_level_redacts(&self) -> Option<&EventId> {
        self.0.redacts.as_deref()
    }

    /// Bytes that the event takes in memory, about.
    pub fn size(&self) -> usize {
        let inner = &self.0;
        let ids = inner.prev_events.len() + inner.auth_events.len();
        size_of::<Inner>() + inner.content.get().len() + inner.rest.get().len() + ids * 64
    }
}

/// Whose the body of an event is, read from its skeleton.
pub fn body_owner(skeleton: &CanonicalJsonObject) -> Result<OwnedUserId, EventError> {
    let text = |field: &'static str| skeleton.get(field).and_then(CanonicalJsonValue::as_str);
    let sender = text("sender").and_then(|sender| <&UserId>::try_from(sender).ok());
    let sender = sender.ok_or(EventError::Field("sender"))?;
    Ok(owner(text("type").unwrap_or_default(), text("state_key"), sender))
}

/// What somebody wrote is theirs. A membership tells of whom it is about (their name, their
/// picture) whoever wrote it, and must go with them.
fn owner(kind: &str, state_key: Option<&str>, sender: &UserId) -> OwnedUserId {
    let member = state_key.filter(|_| kind == "m.room.member");
    member.and_then(|member| member.try_into().ok()).unwrap_or_else(|| sender.to_owned())
}

fn id<'a, T: TryFrom<&'a str>>(
    text: Option<&'a str>,
    field: &'static str,
) -> Result<Option<T>, EventError> {
    text.map(|text| T::try_from(text).map_err(|_| EventError::Field(field))).transpose()
}

fn ids(json: &CanonicalJsonObject, field: &'static str) -> Result<Box<[OwnedEventId]>, EventError> {
    let wrong = || EventError::Field(field);
    let Some(value) = json.get(field) else { return Ok(Box::default()) };
    let items = value.as_array().ok_or_else(wrong)?.iter();
    items.map(|item| item.as_str().and_then(|id| id.try_into().ok()).ok_or_else(wrong)).collect()
}

fn number(json: &CanonicalJsonObject, field: &'static str) -> Result<Option<UInt>, EventError> {
    match json.get(field) {
        Some(CanonicalJsonValue::Integer(value)) => {
            UInt::try_from(i64::from(*value)).map(Some).map_err(|_| EventError::Field(field))
        }
        Some(_) => Err(EventError::Field(field)),
        None => Ok(None),
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
        MilliSecondsSinceUnixEpoch(self.0.origin_server_ts)
    }
    fn event_type(&self) -> &TimelineEventType {
        &self.0.event_type
    }
    fn content(&self) -> &RawValue {
        &self.0.content
    }
    fn state_key(&self) -> Option<&str> {
        self.state_key()
    }
    fn prev_events(&self) -> Box<dyn DoubleEndedIterator<Item = &Self::Id> + '_> {
        Box::new(self.0.prev_events.iter())
    }
    fn auth_events(&self) -> Box<dyn DoubleEndedIterator<Item = &Self::Id> + '_> {
        Box::new(self.0.auth_events.iter())
    }
    fn redacts(&self) -> Option<&Self::Id> {
        self.0.redacts.as_ref()
    }
    // A rejected event is never kept, so none is ever handed to the rules.
    fn rejected(&self) -> bool {
        false
    }
}
