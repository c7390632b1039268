//! The change log, written and read: what changed, in order, by room and by person.
//!
//! A crate that changes something calls [`record`] on the batch that changes it. Consumers follow
//! the whole log ([`decode`]); a sync asks for what moved in one room or for one person since a
//! position. Both indexes are numbered inside the commit, so they never disagree with the log.

use base::change::Change;
use base::number::{LogPosition, RoomNo};
use ruma_common::UserId;
use store::{Batch, Direction, LogEntry, Prefix, Reader, StoreError, Table};

/// What moved in a room: its events and receipts.
const BY_ROOM: Table<(RoomNo, LogPosition), Change> = Table::new("journal_by_room");
/// What moved for a person: memberships, account data, keys, messages to devices.
const BY_PERSON: Table<(String, LogPosition), Change> = Table::new("journal_by_person");

/// Adds a change to the batch's log, and to the index of its room and of its person.
pub fn record(batch: &mut Batch, change: &Change) -> Result<(), StoreError> {
    let bytes = postcard::to_allocvec(change)
        .map_err(|error| StoreError::Codec { table: "log", source: error.into() })?;
    batch.log(bytes);
    let (room, person) = subjects(change);
    if let Some(room) = room {
        BY_ROOM.put_at_log(batch, &room, change)?;
    }
    if let Some(person) = person {
        BY_PERSON.put_at_log(batch, &person.as_str().to_owned(), change)?;
    }
    Ok(())
}

/// The change that a log entry holds.
pub fn decode(entry: &LogEntry) -> Result<Change, StoreError> {
    postcard::from_bytes(&entry.record)
        .map_err(|error| StoreError::Codec { table: "log", source: error.into() })
}

/// Whose indexes a change belongs to.
fn subjects(change: &Change) -> (Option<RoomNo>, Option<&UserId>) {
    match change {
        Change::Event { room, member, .. } => (Some(*room), member.as_deref()),
        Change::Receipt { room, user, private: false } => (Some(*room), Some(user)),
        Change::Receipt { user, private: true, .. }
        | Change::Forgotten { user, .. }
        | Change::AccountData { user, .. }
        | Change::ToDevice { user, .. }
        | Change::DeviceList { user }
        | Change::OneTimeKeys { user, .. } => (None, Some(user)),
        // Followed by every node, asked for by nobody's sync: rooms tell of names by their members.
        Change::Session { .. } | Change::Profile { .. } => (None, None),
    }
}

/// A stretch of the log: after `after`, up to and including `upto`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Excluded.
    pub after: LogPosition,
    /// Included.
    pub upto: LogPosition,
}

impl Span {
    fn of<K: store::Key + Clone>(&self, subject: &K) -> Prefix {
        Prefix::of(subject)
            .from(&(subject.clone(), LogPosition(self.after.0 + 1)))
            .before(&(subject.clone(), LogPosition(self.upto.0 + 1)))
    }
}

/// The newest `limit` changes of a room within a span, newest first.
pub async fn of_room(
    reader: &impl Reader,
    room: RoomNo,
    span: Span,
    limit: usize,
) -> Result<Vec<(LogPosition, Change)>, StoreError> {
    let rows = BY_ROOM.scan(reader, &span.of(&room), Direction::Backward, limit).await?;
    Ok(rows.into_iter().map(|((_, position), change)| (position, change)).collect())
}

/// All changes for a person within a span, oldest first.
pub async fn of_person(
    reader: &impl Reader,
    person: &UserId,
    span: Span,
) -> Result<Vec<(LogPosition, Change)>, StoreError> {
    let rows = BY_PERSON.all(reader, &span.of(&person.as_str().to_owned())).await?;
    Ok(rows.into_iter().map(|((_, position), change)| (position, change)).collect())
}
