//! The rooms of a connected person, the latest first: what lists have their places in.
//!
//! Made when the person first asks for a list, from then on moved by the log. A room that the
//! person is in has its place by its newest event; any other by what last made the person stand to
//! it as they do, so that nothing is told of what goes on there.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use base::number::{LogPosition, RoomNo};
use rooms::{Membership, RoomSort};
use ruma_common::OwnedUserId;

/// How a person stands to a room, as far as a list is concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stands {
    /// They are in it.
    In,
    /// They are asked in, by whom.
    Asked(OwnedUserId),
    /// They ask in.
    Asking,
    /// They were put out of it.
    PutOut,
    /// They went by themselves, or never were in it and are not asked any more.
    Gone,
}

impl Stands {
    /// By the membership, who set it, and whether the person ever was in the room.
    pub(crate) fn new(
        membership: Membership,
        (by, of): (&OwnedUserId, &OwnedUserId),
        ever_in: bool,
    ) -> Self {
        match membership {
            Membership::Join => Self::In,
            Membership::Invite => Self::Asked(by.clone()),
            Membership::Knock => Self::Asking,
            Membership::Leave | Membership::Ban if ever_in && by != of => Self::PutOut,
            Membership::Leave | Membership::Ban => Self::Gone,
        }
    }
}

/// A room in its place.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) stands: Stands,
    /// Whether it is encrypted, as far as that is known.
    pub(crate) encrypted: Option<bool>,
    /// Its type, once that is known.
    pub(crate) room_type: Option<Arc<str>>,
}

/// The rooms of a person.
#[derive(Debug, Default)]
pub(crate) struct Roster {
    /// By place; the room's number tells apart what came at once.
    order: BTreeMap<(LogPosition, RoomNo), Entry>,
    places: HashMap<RoomNo, LogPosition>,
}

impl Roster {
    /// The person stands otherwise to a room.
    pub(crate) fn stand(&mut self, room: RoomNo, stands: Stands, at: LogPosition) {
        let before = self.take(room);
        let (room_type, encrypted) = before.map_or((None, None), |e| (e.room_type, e.encrypted));
        self.put(
            room,
            Entry { stands, room_type, encrypted: encrypted.filter(|known| *known) },
            at,
        );
    }

    /// Something came into a room.
    pub(crate) fn bump(&mut self, room: RoomNo, at: LogPosition) {
        let behind = |(place, entry): (_, &Entry)| place < at && entry.stands == Stands::In;
        if self.get(room).is_some_and(behind)
            && let Some(mut entry) = self.take(room)
        {
            // It may have been what encrypts the room.
            entry.encrypted = entry.encrypted.filter(|known| *known);
            self.put(room, entry, at);
        }
    }

    /// The person does not want to see a room any more.
    pub(crate) fn forget(&mut self, room: RoomNo) {
        self.take(room);
    }

    /// The place of a room, and how the person stands to it.
    pub(crate) fn get(&self, room: RoomNo) -> Option<(LogPosition, &Entry)> {
        let place = *self.places.get(&room)?;
        Some((place, self.order.get(&(place, room))?))
    }

    /// Rooms in their order, the latest first, each with its place.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (RoomNo, LogPosition, &Entry)> {
        self.order.iter().rev().map(|((place, room), entry)| (*room, *place, entry))
    }

    /// Keeps what sort of room one was when it had this place, if it has it still.
    pub(crate) fn learn(&mut self, room: RoomNo, place: LogPosition, sort: &RoomSort) {
        if let Some(entry) = self.order.get_mut(&(place, room)) {
            entry.room_type = sort.room_type.as_deref().map(Arc::from);
            entry.encrypted = Some(sort.encrypted);
        }
    }

    fn put(&mut self, room: RoomNo, entry: Entry, at: LogPosition) {
        self.places.insert(room, at);
        self.order.insert((at, room), entry);
    }

    fn take(&mut self, room: RoomNo) -> Option<Entry> {
        let place = self.places.remove(&room)?;
        self.order.remove(&(place, room))
    }
}
