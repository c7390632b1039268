//! What an event says that it relates to (`m.relates_to`).
//!
//! `spec/content/client-server-api/_index.md`, "Forming relationships between events". Rich replies
//! alone are no relation: they name no type.

use ruma_common::{EventId, OwnedEventId};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::event::{Stored, key_of_id};

/// The key of an event that others relate to: the hash that its id writes out.
pub(crate) type ParentKey = [u8; 32];

/// A relation: the event that has it is the child.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Relation {
    /// How it relates.
    pub(crate) rel_type: String,
    /// What it relates to.
    pub(crate) parent: OwnedEventId,
    /// What an annotation says.
    pub(crate) key: Option<String>,
}

/// Relations, as far as the server does anything about them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kin {
    /// A reference (`m.reference`).
    Reference,
    /// An edit (`m.replace`).
    Edit,
    /// A reply in a thread (`m.thread`).
    Reply,
    /// A reaction (`m.annotation`).
    Annotation,
    /// Any other.
    Other,
}

#[derive(Deserialize)]
struct Content {
    #[serde(rename = "m.relates_to")]
    relates_to: RelatesTo,
}

#[derive(Deserialize)]
struct RelatesTo {
    rel_type: String,
    event_id: OwnedEventId,
    key: Option<Value>,
}

impl Relation {
    /// What an event with this content relates to.
    pub(crate) fn of(content: &Value) -> Option<Self> {
        RelatesTo::deserialize(content.get("m.relates_to")?).ok().map(Self::from)
    }

    /// The key of what it relates to; none when no event can have such an id.
    pub(crate) fn parent_key(&self) -> Option<ParentKey> {
        let key = key_of_id(&self.parent);
        (key != ParentKey::default()).then_some(key)
    }

    /// What kind of relation it is.
    pub(crate) fn kin(&self) -> Kin {
        match self.rel_type.as_str() {
            "m.reference" => Kin::Reference,
            "m.replace" => Kin::Edit,
            "m.thread" => Kin::Reply,
            "m.annotation" => Kin::Annotation,
            _ => Kin::Other,
        }
    }

    /// Whether it is of this kind, to this event.
    pub(crate) fn is(&self, kin: Kin, parent: &EventId) -> bool {
        self.kin() == kin && self.parent == parent
    }
}

impl Kin {
    /// The byte that stands for it in keys.
    pub(crate) const fn key(self) -> [u8; 1] {
        match self {
            Self::Reference => [1],
            Self::Edit => [2],
            Self::Reply => [3],
            Self::Annotation => [4],
            Self::Other => [5],
        }
    }
}

/// What stands for a type of relation in a row: anybody may name any.
pub(crate) fn rel_hash(rel_type: &str) -> [u8; 8] {
    let mut out = [0; 8];
    out.iter_mut().zip(Sha256::digest(rel_type)).for_each(|(to, from)| *to = from);
    out
}

impl Stored {
    /// What the event relates to. What lost its body relates to nothing any more.
    pub(crate) fn relation(&self) -> Option<Relation> {
        // Most events relate to none: their content need not be parsed to know it.
        if !self.pdu.content().get().contains("m.relates_to") {
            return None;
        }
        let Content { relates_to } = self.pdu.content_as().ok()?;
        Some(relates_to.into())
    }
}

impl From<RelatesTo> for Relation {
    fn from(RelatesTo { rel_type, event_id, key }: RelatesTo) -> Self {
        let key = key.and_then(|key| key.as_str().map(ToOwned::to_owned));
        Self { rel_type, parent: event_id, key }
    }
}
