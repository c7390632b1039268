//! The tables of rooms, each with what it is for.

use base::clock::Timestamp;
use base::number::{EventNo, RoomNo, TimelineOrd};
use rules::tree::{Node, NodeNo};
use serde::{Deserialize, Serialize};
use store::{Counters, Table};

/// Kind of number → the first that no node has claimed.
pub(crate) const NUMBERS: Table<String, u64> = Table::new("numbers");
/// Room id → number.
pub(crate) const ROOM_IDS: Table<String, RoomNo> = Table::new("room_ids");
/// What a room is, for ever.
pub(crate) const ROOMS: Table<RoomNo, RoomRow> = Table::new("rooms");
/// Where a room stands: its head. Every event names the head that it was decided on.
pub(crate) const HEADS: Table<RoomNo, HeadRow> = Table::new("room_heads");
/// Event id (the hash that it is) → number. By room, so that what is written together stands together.
pub(crate) const EVENT_IDS: Table<(RoomNo, [u8; 32]), EventNo> = Table::new("event_ids");
/// An event: its clear skeleton (what redaction keeps) and where it stands.
pub(crate) const EVENTS: Table<EventNo, EventRow> = Table::new("events");
/// What redaction takes away of an event, sealed under the key of whom it belongs to.
pub(crate) const BODIES: Table<EventNo, Vec<u8>> = Table::new("event_bodies");
/// The order of a room's timeline.
pub(crate) const TIMELINE: Table<(RoomNo, TimelineOrd), EventNo> = Table::new("timeline");
/// Current state, flat.
pub(crate) const STATE: Table<(RoomNo, String, String), EventNo> = Table::new("room_state");
/// Nodes of the state trees, shared between versions of a room's state.
pub(crate) const STATE_NODES: Table<u64, Node> = Table::new("state_nodes");
/// Which rooms a person is, was, or is asked to be in.
pub(crate) const MEMBERSHIPS: Table<(String, RoomNo), MembershipRow> = Table::new("memberships");
/// What a device already sent, by its transaction id: a repeated request gets the same event.
pub(crate) const TRANSACTIONS: Table<(String, String, String), TransactionRow> =
    Table::new("room_transactions");
/// Hash of an alias → its room.
pub(crate) const ALIASES: Table<[u8; 32], RoomNo> = Table::new("aliases");
/// Aliases of a room, by hash; the alias itself is sealed under the room's key.
pub(crate) const ROOM_ALIASES: Table<(RoomNo, [u8; 32]), AliasRow> = Table::new("room_aliases");
/// Rooms in the public directory.
pub(crate) const DIRECTORY: Table<RoomNo, ()> = Table::new("room_directory");
/// Latest receipt of a person in a room, by type and thread.
pub(crate) const RECEIPTS: Table<ReceiptKey, ReceiptRow> = Table::new("receipts");
/// What relates to an event, by its place; directly (1), or through others that do (2, 3).
pub(crate) const CHILDREN: Table<ChildKey, ChildRow> = Table::new("relations");
/// References to an event, and replies in its thread, by their places.
pub(crate) const KIN: Table<ChildKey, EventNo> = Table::new("relations_by_kind");
/// Valid edits of an event, by time and id: the last is the one that holds.
pub(crate) const EDITS: Table<(RoomNo, [u8; 32], u64, String), EventNo> = Table::new("edits");
/// To which events of a timeline others relate, and by what kind of relation.
pub(crate) const RELATED: Table<(RoomNo, TimelineOrd, [u8; 1]), ()> = Table::new("related");
/// Threads, by the place of their newest reply; their roots.
pub(crate) const THREADS: Table<(RoomNo, TimelineOrd), EventNo> = Table::new("threads");
/// How many replies a thread has of each sender, and of all together.
pub(crate) const REPLIES: Counters<(RoomNo, [u8; 32], String)> = Counters::new("thread_replies");
/// Annotations that are not redacted: sender, event, type and symbol, hashed under the sender's key.
pub(crate) const ANNOTATIONS: Table<(RoomNo, [u8; 16]), EventNo> = Table::new("annotations");

/// Whose replies are counted when everybody's are.
pub(crate) const REPLIES_OF_ALL: &str = "";

/// Room, hash of the event that is related to, steps or kind of relation, place.
pub(crate) type ChildKey = (RoomNo, [u8; 32], [u8; 1], TimelineOrd);

/// Where a person last spoke in a room, by thread (empty for what is in none): they have read what
/// was said there before.
pub(crate) const SPOKEN: Table<(RoomNo, String, String), TimelineOrd> = Table::new("spoken");

/// The room in which the server speaks to a person.
pub(crate) const NOTICE_ROOMS: Table<String, String> = Table::new("notice_rooms");
/// Rooms that nobody may come into any more, by id; who blocked them.
pub(crate) const BLOCKED: Table<String, String> = Table::new("rooms_blocked");
/// Rooms that were deleted: a number is never given twice, and some may still hold it.
pub(crate) const GRAVES: Table<RoomNo, String> = Table::new("rooms_deleted");
/// Removals of rooms and of what was said in them, under way or done.
pub(crate) const PURGES: Table<String, crate::purge::PurgeRow> = Table::new("room_purges");

/// Room, person, type, thread (empty for none).
pub(crate) type ReceiptKey = (RoomNo, String, String, String);

/// An event that relates to another.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ChildRow {
    pub(crate) event: EventNo,
    /// What stands for the type of its own relation.
    pub(crate) rel: [u8; 8],
}

/// A room.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct RoomRow {
    pub(crate) room_id: String,
    pub(crate) version: String,
}

/// Where a room stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct HeadRow {
    /// Root of the current state's tree.
    pub(crate) root: Option<NodeNo>,
    /// Forward extremities: event id and depth.
    pub(crate) extremities: Vec<(String, u64)>,
    /// Events appended live so far: the last one's place is `TimelineOrd::live(live)`.
    pub(crate) live: u64,
}

/// An event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct EventRow {
    pub(crate) room: RoomNo,
    pub(crate) event_id: String,
    pub(crate) ord: TimelineOrd,
    /// Root of the state tree before the event.
    pub(crate) state_before: Option<NodeNo>,
    /// Root of the state tree after the event.
    pub(crate) state_after: Option<NodeNo>,
    /// State event that it took the place of.
    pub(crate) replaces: Option<EventNo>,
    /// Event that redacted it.
    pub(crate) redacted_by: Option<EventNo>,
    /// Device and transaction id that sent it, echoed to that device.
    pub(crate) transaction: Option<(String, String)>,
    /// The skeleton, as JSON.
    pub(crate) skeleton: String,
}

/// How a person stands to a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Membership {
    /// In it.
    Join,
    /// Asked to come.
    Invite,
    /// Asking to come.
    Knock,
    /// Gone.
    Leave,
    /// Kept out.
    Ban,
}

/// One room of a person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct MembershipRow {
    pub(crate) membership: Membership,
    pub(crate) event: EventNo,
    pub(crate) ord: TimelineOrd,
    pub(crate) forgotten: bool,
}

/// What came of a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct TransactionRow {
    pub(crate) event_id: String,
    pub(crate) at: Timestamp,
}

/// An alias.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct AliasRow {
    pub(crate) creator: String,
    pub(crate) sealed: Vec<u8>,
}

/// How far somebody read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ReceiptRow {
    pub(crate) event_id: String,
    pub(crate) ord: TimelineOrd,
    pub(crate) at: Timestamp,
}
