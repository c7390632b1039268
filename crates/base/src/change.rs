//! What changed: the records of the log, which every consumer (sync, push, federation…) follows.
//!
//! A record names what moved, never what it holds: whoever may see it reads it from its table.
//! The store carries these as bytes; variants are only ever added at the end.

use ruma_common::{OwnedDeviceId, OwnedRoomId, OwnedUserId};
use serde::{Deserialize, Serialize};

use crate::number::{EventNo, RoomNo, TimelineOrd};

/// Stands for a type of account data. A type is chosen by a client and may say something about its
/// owner, so a record holds a hash of it: enough to find the data, too little to read the type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DataType(pub [u8; 16]);

/// One record of the change log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {
    /// An event joined a room's timeline.
    Event {
        /// The room.
        room: RoomNo,
        /// The event.
        event: EventNo,
        /// Its place.
        ord: TimelineOrd,
        /// The person whose membership the event set, when it did.
        member: Option<OwnedUserId>,
    },
    /// A read receipt (public or private) or fully-read marker of `user` moved in a room.
    Receipt {
        /// The room.
        room: RoomNo,
        /// Whose receipt.
        user: OwnedUserId,
        /// Seen by that person's own devices only.
        private: bool,
    },
    /// Account data of a person, global or in one room.
    AccountData {
        /// Whose.
        user: OwnedUserId,
        /// In which room; `None` is global.
        room: Option<OwnedRoomId>,
        /// Of which type.
        kind: DataType,
    },
    /// A to-device message waits for a device.
    ToDevice {
        /// For whom.
        user: OwnedUserId,
        /// For which device.
        device: OwnedDeviceId,
    },
    /// The devices or cross-signing keys of a person changed.
    DeviceList {
        /// Whose.
        user: OwnedUserId,
    },
    /// One-time keys of a device were added or claimed: its next sync tells it the counts.
    OneTimeKeys {
        /// Whose.
        user: OwnedUserId,
        /// Which device.
        device: OwnedDeviceId,
    },
    /// A person forgot a room.
    Forgotten {
        /// Who.
        user: OwnedUserId,
        /// Which room.
        room: RoomNo,
    },
    /// A session of a person began, ended or got other tokens: what was known of it is void.
    Session {
        /// Whose.
        user: OwnedUserId,
        /// On which device.
        device: OwnedDeviceId,
    },
    /// The name, picture or another field of a person's profile changed, or the profile went.
    Profile {
        /// Whose.
        user: OwnedUserId,
    },
    /// A person signed another's master key: only the signer's own devices learn of it.
    Signed {
        /// Who signed.
        user: OwnedUserId,
        /// Whose key.
        of: OwnedUserId,
    },
    /// An event lost its body. Stands before the [`Self::Event`] that took it.
    Redacted {
        /// The room.
        room: RoomNo,
        /// The event that lost it.
        event: EventNo,
    },
    /// A person's key is destroyed: nothing that they wrote can be opened again, and nobody is to
    /// hold it opened.
    Erased {
        /// Whose.
        user: OwnedUserId,
    },
    /// An administrator changed how a person's account stands: locked, suspended, administrator
    /// themselves; or a guest became a person. What was known of their sessions is void.
    Account {
        /// Whose.
        user: OwnedUserId,
    },
    /// A room was deleted: nothing of it is to be found or held any more.
    Purged {
        /// The room.
        room: RoomNo,
    },
    /// A person's pushers changed: where they want their notifications.
    Pushers {
        /// Whose.
        user: OwnedUserId,
    },
}
