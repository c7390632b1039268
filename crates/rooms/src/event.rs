//! An event as this server holds it, and its journey to and from the store.

use std::sync::{Arc, OnceLock};

use base::number::{EventNo, RoomNo, TimelineOrd};
use rules::event::Pdu;
use rules::tree::NodeNo;
use ruma_common::serde::Base64;
use ruma_common::serde::base64::UrlSafe;
use ruma_common::{CanonicalJsonObject, EventId, OwnedDeviceId, UserId};

use crate::error::RoomError;
use crate::room::StateKey;
use crate::tables::EventRow;

/// An event and where it stands. Cheap to share.
#[derive(Debug)]
pub struct Stored {
    /// Its number.
    pub no: EventNo,
    /// Its room.
    pub room: RoomNo,
    /// Its place in the room's timeline.
    pub ord: TimelineOrd,
    /// The event itself; its skeleton only once redacted or shredded.
    pub pdu: Pdu,
    /// Whether the body is gone.
    pub redacted_by: Option<EventNo>,
    /// The state event that it took the place of.
    pub replaces: Option<EventNo>,
    /// What sent it, when it came from a client of this server.
    pub transaction: Option<Transaction>,
    pub(crate) state_before: Option<NodeNo>,
    pub(crate) state_after: Option<NodeNo>,
    pub(crate) client: OnceLock<Arc<str>>,
}

/// A request of a device, named so that repeating it does nothing twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// The device.
    pub device: OwnedDeviceId,
    /// The device's name for the request.
    pub id: String,
}

impl Stored {
    /// The event's id.
    pub fn id(&self) -> &EventId {
        self.pdu.event_id()
    }

    /// Who sent it.
    pub fn sender(&self) -> &UserId {
        self.pdu.sender()
    }

    /// Root of the tree of the state before the event.
    pub fn state_before(&self) -> Option<NodeNo> {
        self.state_before
    }

    /// Root of the tree of the state after the event.
    pub fn state_after(&self) -> Option<NodeNo> {
        self.state_after
    }

    /// Its type.
    pub fn kind(&self) -> &str {
        self.pdu.kind()
    }

    /// Type and state key, of a state event.
    pub(crate) fn key(&self) -> Option<StateKey> {
        Some((self.kind().to_owned(), self.pdu.state_key()?.to_owned()))
    }

    /// Whether what it says is about, or by, a person: their key seals its body.
    pub(crate) fn is_of(&self, user: &UserId) -> bool {
        *self.pdu.body_owner() == *user
    }

    /// The same event, redacted.
    pub(crate) fn redacted(&self, pdu: Pdu, by: EventNo) -> Self {
        Self {
            no: self.no,
            room: self.room,
            ord: self.ord,
            pdu,
            redacted_by: Some(by),
            replaces: self.replaces,
            transaction: self.transaction.clone(),
            state_before: self.state_before,
            state_after: self.state_after,
            client: OnceLock::new(),
        }
    }

    pub(crate) fn row(&self, skeleton: &CanonicalJsonObject) -> Result<EventRow, RoomError> {
        Ok(EventRow {
            room: self.room,
            event_id: self.id().to_string(),
            ord: self.ord,
            state_before: self.state_before,
            state_after: self.state_after,
            replaces: self.replaces,
            redacted_by: self.redacted_by,
            transaction: self.transaction.as_ref().map(|t| (t.device.to_string(), t.id.clone())),
            skeleton: json_text(skeleton)?,
        })
    }

    /// Reads an event back from its row and its JSON.
    pub(crate) fn read(
        no: EventNo,
        row: EventRow,
        json: CanonicalJsonObject,
    ) -> Result<Self, RoomError> {
        let event_id = EventId::parse(&row.event_id).map_err(|error| damaged(&error))?;
        Ok(Self {
            no,
            room: row.room,
            ord: row.ord,
            pdu: Pdu::from_json(json, event_id).map_err(|error| damaged(&error))?,
            redacted_by: row.redacted_by,
            replaces: row.replaces,
            transaction: row
                .transaction
                .map(|(device, id)| Transaction { device: OwnedDeviceId::from(device), id }),
            state_before: row.state_before,
            state_after: row.state_after,
            client: OnceLock::new(),
        })
    }

    /// Bytes that it takes in memory, about: itself, and its form for clients.
    pub(crate) fn size(&self) -> usize {
        size_of::<Self>() + 2 * self.pdu.size()
    }
}

/// An event's id as a key: the hash that it writes out.
pub(crate) fn key_of_id(id: &EventId) -> [u8; 32] {
    let hash = Base64::<UrlSafe, [u8; 32]>::parse(id.localpart());
    // An id of another form is of no event here: any key that no hash gives will do.
    hash.map_or([0; 32], Base64::into_inner)
}

pub(crate) fn json_text(object: &CanonicalJsonObject) -> Result<String, RoomError> {
    serde_json::to_string(object).map_err(|error| damaged(&error))
}

pub(crate) fn json_object(bytes: &[u8]) -> Result<CanonicalJsonObject, RoomError> {
    serde_json::from_slice(bytes).map_err(|error| damaged(&error))
}

/// What the store holds does not read: a bug or a damaged disk, never the asker's doing.
pub(crate) fn damaged(error: &dyn std::fmt::Display) -> RoomError {
    RoomError::Store(store::StoreError::Engine(format!("damaged store: {error}")))
}
