//! The change log, written and read: what changed, in order, by room and by person.
//!
//! A crate that changes something calls [`record`] on the batch that changes it. Consumers follow
//! the whole log ([`decode`]); a sync asks for what moved in one room or for one person since a
//! position. The indexes are numbered inside the commit, so they never disagree with the log.

use base::change::Change;
use base::number::{EventNo, LogPosition, RoomNo, TimelineOrd};
use ruma_common::{OwnedUserId, UserId};
use serde::{Deserialize, Serialize};
use store::{Batch, Direction, LogEntry, Prefix, Reader, StoreError, Table};

/// The events of a room, in the order in which they came.
const BY_ROOM: Table<(RoomNo, LogPosition), Arrival> = Table::new("journal_by_room");
/// Whose public receipts moved in a room.
const RECEIPTS: Table<(RoomNo, LogPosition), OwnedUserId> = Table::new("journal_receipts");
/// What moved for a person: memberships, account data, keys, messages to devices.
const BY_PERSON: Table<(String, LogPosition), Change> = Table::new("journal_by_person");
/// Whose devices changed.
const DEVICE_LISTS: Table<((), LogPosition), OwnedUserId> = Table::new("journal_device_lists");

/// An event that came into a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrival {
    /// The event.
    pub event: EventNo,
    /// Its place.
    pub ord: TimelineOrd,
    /// The person of this server whose membership the event set, when it did.
    pub member: Option<OwnedUserId>,
}

/// Adds a change to the batch's log, and to the index of its room and of its person.
pub fn record(batch: &mut Batch, change: &Change) -> Result<(), StoreError> {
    let bytes = postcard::to_allocvec(change)
        .map_err(|error| StoreError::Codec { table: "log", source: error.into() })?;
    batch.log(bytes);
    match change {
        Change::Event { room, event, ord, member } => {
            let arrival = Arrival { event: *event, ord: *ord, member: member.clone() };
            BY_ROOM.put_at_log(batch, room, &arrival)?;
        }
        Change::Receipt { room, user, private: false } => {
            RECEIPTS.put_at_log(batch, room, user)?;
        }
        Change::DeviceList { user } => DEVICE_LISTS.put_at_log(batch, &(), user)?,
        _ => {}
    }
    if let Some(person) = person(change) {
        BY_PERSON.put_at_log(batch, &person.as_str().to_owned(), change)?;
    }
    Ok(())
}

/// The change that a log entry holds.
pub fn decode(entry: &LogEntry) -> Result<Change, StoreError> {
    postcard::from_bytes(&entry.record)
        .map_err(|error| StoreError::Codec { table: "log", source: error.into() })
}

/// The person whose index a change belongs to.
fn person(change: &Change) -> Option<&UserId> {
    match change {
        Change::Event { member, .. } => member.as_deref(),
        Change::Receipt { user, .. }
        | Change::Forgotten { user, .. }
        | Change::AccountData { user, .. }
        | Change::ToDevice { user, .. }
        | Change::DeviceList { user }
        | Change::Signed { user, .. }
        | Change::OneTimeKeys { user, .. } => Some(user),
        // Followed by every node, asked for by nobody's sync: rooms tell of names by their members.
        Change::Session { .. } | Change::Profile { .. } => None,
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

/// The newest `limit` events of a room within a span, newest first.
pub async fn newest_events(
    reader: &impl Reader,
    room: RoomNo,
    span: Span,
    limit: usize,
) -> Result<Vec<(LogPosition, Arrival)>, StoreError> {
    let rows = BY_ROOM.scan(reader, &span.of(&room), Direction::Backward, limit).await?;
    Ok(rows.into_iter().map(|((_, position), arrival)| (position, arrival)).collect())
}

/// The first event of a room within a span.
pub async fn first_event(
    reader: &impl Reader,
    room: RoomNo,
    span: Span,
) -> Result<Option<Arrival>, StoreError> {
    let rows = BY_ROOM.scan(reader, &span.of(&room), Direction::Forward, 1).await?;
    Ok(rows.into_iter().next().map(|(_, arrival)| arrival))
}

/// Whose public receipts moved in a room within a span, in order; the same person may be named
/// more than once.
pub async fn receipts(
    reader: &impl Reader,
    room: RoomNo,
    span: Span,
) -> Result<Vec<OwnedUserId>, StoreError> {
    let rows = RECEIPTS.all(reader, &span.of(&room)).await?;
    Ok(rows.into_iter().map(|(_, user)| user).collect())
}

/// Whose devices changed within a span, in order, over the whole server.
pub async fn device_lists(
    reader: &impl Reader,
    span: Span,
) -> Result<Vec<(LogPosition, OwnedUserId)>, StoreError> {
    let rows = DEVICE_LISTS.all(reader, &span.of(&())).await?;
    Ok(rows.into_iter().map(|(((), position), user)| (position, user)).collect())
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
