//! The tables of this crate.

use base::clock::Timestamp;
use base::number::{EventNo, RoomNo};
use serde::{Deserialize, Serialize};
use store::{Cursor, Table};
use vault::SealedTable;

use crate::pushers::{PusherId, PusherRow};

/// A person's pushers.
pub(crate) const PUSHERS: SealedTable<(String, PusherId), PusherRow> = SealedTable::new("pushers");
/// Whose a pusher is: several people's, where they share a device.
pub(crate) const HOLDERS: Table<(PusherId, String), ()> = Table::new("pusher_holders");
/// What waits for a gateway that did not take it.
pub(crate) const WAITING: Table<(String, PusherId), WaitingRow> = Table::new("pushes_waiting");
/// Which node follows the log, by a number that it drew when it started.
pub(crate) const TURN: Table<(), u64> = Table::new("delivery_turn");
/// Up to where the log is followed.
pub(crate) const CURSOR: Cursor = Cursor::new("delivery");

/// What waits for a gateway. It is asked anew what there is to say of each event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct WaitingRow {
    pub(crate) events: Vec<WaitingEvent>,
    /// How often the gateway was asked in vain since it last answered.
    pub(crate) tries: u32,
}

/// An event that is to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct WaitingEvent {
    pub(crate) room: RoomNo,
    pub(crate) event: EventNo,
    /// Since when.
    pub(crate) since: Timestamp,
}

/// Tables whose keys begin with a person and whose values are sealed under that person's key.
pub const SEALED_BY_PERSON: [&str; 1] = [PUSHERS.name()];
