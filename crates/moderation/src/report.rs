//! A report: who says what of which event, room or person.

use base::clock::Timestamp;
use ruma_common::{OwnedEventId, OwnedRoomId, OwnedUserId, RoomId, UserId};
use serde::{Deserialize, Serialize};
use vault::{Place, SealingKey, VaultError};

use crate::tables::{Mark, REPORTS};

/// The number of a report: later ones have greater numbers, and none is given twice.
pub type ReportNo = u64;

/// What kind of thing is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// An event.
    Event,
    /// A room.
    Room,
    /// A person.
    Person,
}

/// What is reported. It need not exist.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Subject {
    /// An event of a room.
    Event {
        /// The room.
        room: OwnedRoomId,
        /// The event.
        event: OwnedEventId,
    },
    /// A room.
    Room(OwnedRoomId),
    /// A person.
    Person(OwnedUserId),
}

/// A report that waits to be dealt with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Its number.
    pub no: ReportNo,
    /// Who reports.
    pub reporter: OwnedUserId,
    /// What.
    pub subject: Subject,
    /// Why, in their words; `None` when they gave no reason, or their key was destroyed.
    pub reason: Option<String>,
    /// When, by the clock of the node that took it.
    pub at: Timestamp,
}

impl Subject {
    /// What kind of thing it is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Event { .. } => Kind::Event,
            Self::Room(_) => Kind::Room,
            Self::Person(_) => Kind::Person,
        }
    }

    /// The room that it is, or is in.
    pub fn room(&self) -> Option<&RoomId> {
        match self {
            Self::Event { room, .. } | Self::Room(room) => Some(room),
            Self::Person(_) => None,
        }
    }

    /// Stands for one person's reports of this one thing.
    pub(crate) fn mark(&self, key: &SealingKey, reporter: &UserId) -> Result<Mark, VaultError> {
        let (room, other) = match self {
            Self::Event { room, event } => (room.as_str(), event.as_str()),
            Self::Room(room) => (room.as_str(), ""),
            Self::Person(user) => ("", user.as_str()),
        };
        mark(key, &["subject", reporter.as_str(), room, other])
    }
}

/// Stands for a person in clear rows.
pub(crate) fn mark_of_person(key: &SealingKey, user: &UserId) -> Result<Mark, VaultError> {
    mark(key, &["person", user.as_str()])
}

/// Stands for a room in clear rows.
pub(crate) fn mark_of_room(key: &SealingKey, room: &RoomId) -> Result<Mark, VaultError> {
    mark(key, &["room", room.as_str()])
}

/// Stands for texts, none of which can be mistaken for a part of another. Who has the rows and not
/// the server's key, and knows every person and room, finds none of them by it.
fn mark(key: &SealingKey, texts: &[&str]) -> Result<Mark, VaultError> {
    let place = texts.join("\0");
    key.mark(Place { table: REPORTS.name(), key: place.as_bytes() })
}
