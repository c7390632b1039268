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
/// What moved for a person: memberships, receipts, account data, signatures they made.
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

/// Adds to a batch that the indexes lose everything of a room that is deleted.
pub fn forget_room(batch: &mut Batch, room: RoomNo) {
    BY_ROOM.delete_range(batch, Prefix::of(&room));
    RECEIPTS.delete_range(batch, Prefix::of(&room));
}

/// The change that a log entry holds.
pub fn decode(entry: &LogEntry) -> Result<Change, StoreError> {
    postcard::from_bytes(&entry.record)
        .map_err(|error| StoreError::Codec { table: "log", source: error.into() })
}

/// The person whose index a change belongs to. Messages to a device and its one-time keys belong to
/// none: their own tables answer what waits and how many are left.
fn person(change: &Change) -> Option<&UserId> {
    match change {
        Change::Event { member, .. } => member.as_deref(),
        Change::Receipt { user, .. }
        | Change::Forgotten { user, .. }
        | Change::AccountData { user, .. }
        | Change::Signed { user, .. } => Some(user),
        // From the sessions on these are followed by every node and asked for by nobody's sync:
        // rooms tell of names by their members, and of redactions by their events.
        Change::DeviceList { .. }
        | Change::ToDevice { .. }
        | Change::OneTimeKeys { .. }
        | Change::Session { .. }
        | Change::Profile { .. }
        | Change::Redacted { .. }
        | Change::Purged { .. }
        | Change::Pushers { .. }
        | Change::Erased { .. }
        | Change::Account { .. } => None,
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
    /// The rows of a subject within the span, in a table whose keys end with a position.
    pub fn of<K: store::Key + Clone>(&self, subject: &K) -> Prefix {
        // Positions come from strangers' tokens: the greatest has no next.
        let next = |position: LogPosition| LogPosition(position.0.saturating_add(1));
        Prefix::of(subject)
            .from(&(subject.clone(), next(self.after)))
            .before(&(subject.clone(), next(self.upto)))
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

/// The position at which an event came that stands at a place of its room, by halving: events come
/// in the order of their places.
pub async fn position_of(
    reader: &impl Reader,
    room: RoomNo,
    ord: TimelineOrd,
    upto: LogPosition,
) -> Result<Option<LogPosition>, StoreError> {
    // Everything up to `low` came before the event; it came by `high`, if at all.
    let (mut low, mut high) = (0, upto.0);
    while low < high {
        let middle = high - (high - low) / 2;
        let probed = Span { after: LogPosition(low), upto: LogPosition(middle) };
        match newest_events(reader, room, probed, 1).await?.first() {
            Some((position, newest)) if newest.ord == ord => return Ok(Some(*position)),
            Some((position, newest)) if newest.ord > ord => high = position.0.saturating_sub(1),
            _ if middle == high => return Ok(None),
            _ => low = middle,
        }
    }
    Ok(None)
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

#[cfg(test)]
mod tests {
    use base::change::DataType;
    use ruma_common::{device_id, room_id, user_id};
    use store::{MemoryDisk, Store};

    use super::*;

    fn span(after: u64, upto: u64) -> Span {
        Span { after: LogPosition(after), upto: LogPosition(upto) }
    }

    async fn store_with(batches: &[&[Change]]) -> Store {
        let store = Store::open_memory(&MemoryDisk::new(), None).unwrap();
        for changes in batches {
            let mut batch = Batch::new();
            changes.iter().for_each(|change| record(&mut batch, change).unwrap());
            store.commit(batch).await.unwrap();
        }
        store
    }

    fn device_list(user: &UserId) -> Change {
        Change::DeviceList { user: user.to_owned() }
    }

    fn account_data(user: &UserId) -> Change {
        let room = Some(room_id!("!room:s").to_owned());
        Change::AccountData { user: user.to_owned(), room, kind: DataType([7; 16]) }
    }

    #[tokio::test]
    async fn people_whose_devices_changed_are_named_in_order_and_only_within_the_span() {
        let (alice, bob) = (user_id!("@alice:s"), user_id!("@bob:s"));
        let store = store_with(&[
            &[device_list(bob)],
            &[device_list(alice), device_list(bob)],
            &[account_data(alice), device_list(alice)],
        ])
        .await;
        let table: [(Span, &[&UserId]); 7] = [
            (span(0, 5), &[bob, alice, bob, alice]),
            (span(0, 1), &[bob]),
            (span(1, 2), &[alice]),
            (span(3, 5), &[alice]),
            (span(5, 5), &[]),
            (span(4, 2), &[]),
            (span(u64::MAX, u64::MAX), &[]),
        ];
        for (span, expected) in table {
            let found = device_lists(&store, span).await.unwrap();
            let people: Vec<_> = found.iter().map(|(_, user)| &**user).collect();
            assert_eq!(people, expected, "{span:?}");
        }
    }

    #[tokio::test]
    async fn a_person_s_changes_stand_at_the_positions_of_the_log() {
        let (alice, bob) = (user_id!("@alice:s"), user_id!("@bob:s"));
        let signed = Change::Signed { user: alice.to_owned(), of: bob.to_owned() };
        let message =
            Change::ToDevice { user: alice.to_owned(), device: device_id!("A").to_owned() };
        let changes = [account_data(alice), account_data(bob), message, signed];
        let store = store_with(&[&changes[..2], &changes[2..]]).await;

        let mine = of_person(&store, alice, span(0, 9)).await.unwrap();
        let log = store.read_log(LogPosition(0), 9).await.unwrap();
        let positions: Vec<_> = mine.iter().map(|(position, _)| position.0).collect();
        assert_eq!(positions, [1, 4]);
        for (position, change) in mine {
            let entry = log.iter().find(|entry| entry.position == position).unwrap();
            assert_eq!(decode(entry).unwrap(), change);
        }
    }

    #[tokio::test]
    async fn a_room_s_newest_events_come_first() {
        let event = |room, no| Change::Event {
            room: RoomNo(room),
            event: EventNo(no),
            ord: TimelineOrd::live(no),
            member: None,
        };
        let store = store_with(&[&[event(1, 1), event(2, 2)], &[event(1, 3)]]).await;

        let newest = newest_events(&store, RoomNo(1), span(0, 9), 9).await.unwrap();
        let numbers: Vec<_> =
            newest.iter().map(|(position, new)| (position.0, new.event.0)).collect();
        assert_eq!(numbers, [(3, 3), (1, 1)]);
        assert_eq!(newest_events(&store, RoomNo(1), span(0, 9), 1).await.unwrap().len(), 1);
        let first = first_event(&store, RoomNo(1), span(1, 9)).await.unwrap();
        assert_eq!(first.map(|new| new.event), Some(EventNo(3)));
    }
}
