//! How an operation on a room fails.

use base::number::RoomNo;
use rules::auth::Denied;
use rules::build::BuildError;
use ruma_common::{OwnedRoomId, RoomId};
use store::{CommitError, StoreError};
use vault::VaultError;

/// Why a room did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum RoomError {
    /// No such room, or none that the asker may know of.
    // The words of `not_in`: who is not in a room learns nothing of it, not even that it is there.
    #[error("you are not in room {0}")]
    UnknownRoom(OwnedRoomId),
    /// The person cannot decline what the server has to say to them.
    #[error("an invitation to the server's own notices cannot be declined")]
    NoticesStay,
    /// A room that was deleted.
    #[error("room number {0} is deleted")]
    Deleted(RoomNo),
    /// No such event, state or alias, or none that the asker may see.
    #[error("{0}")]
    NotFound(String),
    /// The rules of the room, or of the server, say no.
    #[error("{0}")]
    Forbidden(String),
    /// The room is not open to guests.
    #[error("this room is not open to guests")]
    NoGuests,
    /// The room is encrypted and the event is not.
    #[error("this room is encrypted: {kind} is accepted encrypted only")]
    PlaintextRefused {
        /// Type of the refused event.
        kind: String,
    },
    /// The event, or the request for a room, is malformed.
    #[error("{0}")]
    Invalid(String),
    /// A part of the request is not what it must be.
    #[error("{0}")]
    InvalidParameter(String),
    /// The event exceeds the limits of the specification.
    #[error("{0}")]
    TooLarge(String),
    /// The room version is not one that this server makes.
    #[error("room version {0} is not supported")]
    UnsupportedVersion(String),
    /// The room is not in the state that the request is about.
    #[error("{0}")]
    BadState(String),
    /// What a new room was to begin with is not allowed.
    #[error("{0}")]
    InvalidState(String),
    /// An alias that a room would go by does not lead to it.
    #[error("{0}")]
    BadAlias(String),
    /// The alias is taken.
    #[error("the alias {0} is taken")]
    AliasTaken(String),
    /// The same person annotated the same event so before, and has not taken it back.
    #[error("you have annotated the event so already")]
    DuplicateAnnotation,
    /// A thread cannot begin at an event that itself relates to another.
    #[error("a thread cannot begin at an event that relates to another")]
    NoThreadThere,
    /// Somebody else wrote first, several times over.
    #[error("the room is too busy")]
    Busy,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A key is not to be had.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

impl RoomError {
    /// Whether it says no to what was asked: on another state of the room it might not.
    pub(crate) const fn is_decision(&self) -> bool {
        !matches!(self, Self::Busy | Self::Store(_) | Self::Vault(_) | Self::TooLarge(_))
    }

    /// The refusal of whoever is not in a room.
    pub(crate) fn not_in(room_id: &RoomId) -> Self {
        Self::Forbidden(format!("you are not in room {room_id}"))
    }
}

impl From<Denied> for RoomError {
    fn from(error: Denied) -> Self {
        Self::Forbidden(error.0)
    }
}

impl From<BuildError> for RoomError {
    fn from(error: BuildError) -> Self {
        match error {
            BuildError::TooLarge(message) => Self::TooLarge(message),
            BuildError::Content(_) | BuildError::Format(_) => Self::Invalid(error.to_string()),
        }
    }
}

impl From<CommitError> for RoomError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Conflict { .. } => Self::Busy,
            CommitError::Store(error) => Self::Store(error),
        }
    }
}
