//! What of an event is searched.
//!
//! `spec/content/client-server-api/modules/search.md`: the body of messages, the name and the topic
//! of rooms. `modules/event_replacements.md`: a message that was edited says what its newest edit
//! says. Pure.

use rooms::Stored;
use ruma_common::OwnedEventId;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// Which part of which kind of event is searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// `content.body` of `m.room.message`.
    Body,
    /// `content.name` of `m.room.name`.
    Name,
    /// `content.topic` of `m.room.topic`, and the plain text in its `m.topic`.
    Topic,
}

impl Key {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Body, Self::Name, Self::Topic];

    /// The type of the events that have it.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Body => "m.room.message",
            Self::Name => "m.room.name",
            Self::Topic => "m.room.topic",
        }
    }

    /// What is searched of events of a type.
    pub(crate) fn of_kind(kind: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.kind() == kind)
    }

    /// The number that stands for it in the index.
    pub(crate) const fn number(self) -> u64 {
        self as u64
    }
}

/// The text of an event that is searched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) key: Key,
    pub(crate) text: String,
    /// Whether it has a `url`.
    pub(crate) url: bool,
}

/// An edit: which message it changes, and what that says from then on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Edit {
    pub(crate) target: OwnedEventId,
    pub(crate) text: String,
}

#[derive(Deserialize)]
struct Content<'a> {
    body: Option<Value>,
    name: Option<Value>,
    topic: Option<Value>,
    #[serde(rename = "m.topic", borrow)]
    rich_topic: Option<&'a RawValue>,
    url: Option<serde::de::IgnoredAny>,
    #[serde(rename = "m.relates_to", borrow)]
    relation: Option<&'a RawValue>,
    #[serde(rename = "m.new_content", borrow)]
    replacing: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Replacement {
    rel_type: String,
    event_id: OwnedEventId,
}

#[derive(Deserialize)]
struct Body {
    body: String,
}

#[derive(Deserialize)]
struct RichTopic {
    #[serde(rename = "m.text", default)]
    texts: Vec<Text>,
}

#[derive(Deserialize)]
struct Text {
    body: String,
    mimetype: Option<String>,
}

/// What an event says, if it is of those that are searched. An edit says nothing of its own.
pub(crate) fn said(event: &Stored) -> Option<Said> {
    let key = Key::of_kind(event.kind())?;
    // A message is no state, and a name is nothing else.
    if event.redacted_by.is_some() || (key == Key::Body) == event.pdu.state_key().is_some() {
        return None;
    }
    let content: Content<'_> = serde_json::from_str(event.pdu.content().get()).ok()?;
    let text = |value: Option<Value>| match value {
        Some(Value::String(text)) => Some(text),
        _ => None,
    };
    let text = match key {
        Key::Body if content.replacement().is_some() => None,
        Key::Body => text(content.body),
        Key::Name => text(content.name),
        Key::Topic => topic(text(content.topic), content.rich_topic),
    };
    Some(Said { key, text: text?, url: content.url.is_some() })
}

/// What an event changes of another, if it is an edit.
pub(crate) fn edit(event: &Stored) -> Option<Edit> {
    if event.kind() != Key::Body.kind()
        || event.redacted_by.is_some()
        || event.pdu.state_key().is_some()
    {
        return None;
    }
    let content: Content<'_> = serde_json::from_str(event.pdu.content().get()).ok()?;
    let Replacement { event_id: target, .. } = content.replacement()?;
    let new: Body = serde_json::from_str(content.replacing?.get()).ok()?;
    Some(Edit { target, text: new.body })
}

impl Content<'_> {
    fn replacement(&self) -> Option<Replacement> {
        let relation: Replacement = serde_json::from_str(self.relation?.get()).ok()?;
        (relation.rel_type == "m.replace").then_some(relation)
    }
}

/// The topic, and its plain form where that says something else.
fn topic(plain: Option<String>, rich: Option<&RawValue>) -> Option<String> {
    let rich = rich.and_then(|rich| serde_json::from_str::<RichTopic>(rich.get()).ok());
    let texts = rich.into_iter().flat_map(|rich| rich.texts);
    let mut texts =
        texts.filter(|text| text.mimetype.as_deref().is_none_or(|kind| kind == "text/plain"));
    match (plain, texts.next()) {
        (Some(plain), Some(text)) if text.body != plain => Some([plain, text.body].join("\n")),
        (Some(plain), _) => Some(plain),
        (None, text) => text.map(|text| text.body),
    }
}
