//! Who types, as a token remembers it, so that any node can go on from what another one told.
//!
//! A node numbers the changes that it heard of; another node's numbers mean nothing to it. So a token
//! also names the rooms in which its client believes somebody to type, with a check number of whom. A
//! node that did not give the token tells who types now where that differs, and nothing where it does
//! not: a client may ask another node each time and is told every change once.

use base::number::RoomNo;
use ruma_common::OwnedUserId;

use rooms::TypingVersion;

/// Rooms that a token names at most. Of more in which somebody types at once, a change may be told
/// late to whoever moves to another node.
const SHOWN: usize = 6;

/// What a client was told of who types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Typing {
    /// The node that told it, by a number drawn when it started; 0 is none that is known.
    pub(crate) node: u64,
    /// Up to which of that node's versions.
    pub(crate) version: TypingVersion,
    /// Where somebody typed then.
    pub(crate) shown: Typists,
}

impl Typing {
    /// Nothing was told.
    pub(crate) const NOTHING: Self = Self { node: 0, version: 0, shown: Typists::NOBODY };
}

/// Some rooms in which somebody types, in order, each with a check number of whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Typists {
    /// Places after the last are vacant, as no room has this number: [`VACANT`].
    rooms: [RoomNo; SHOWN],
    people: [u32; SHOWN],
}

const VACANT: RoomNo = RoomNo(0);

impl Typists {
    /// Nobody types anywhere.
    pub(crate) const NOBODY: Self = Self { rooms: [VACANT; SHOWN], people: [0; SHOWN] };

    /// The first of these rooms that are kept.
    pub(crate) fn of(rooms: impl IntoIterator<Item = (RoomNo, u32)>) -> Self {
        let mut rooms: Vec<_> = rooms.into_iter().collect();
        rooms.sort_unstable();
        let mut typists = Self::NOBODY;
        // Those for whom there is no place are left out.
        rooms.into_iter().all(|(room, people)| typists.push(room, people));
        typists
    }

    /// Adds a room after all others; `false` when it is not after them, or there is no place.
    pub(crate) fn push(&mut self, room: RoomNo, people: u32) -> bool {
        if room == VACANT || self.iter().any(|(other, _)| other >= room) {
            return false;
        }
        let places = self.rooms.iter_mut().zip(&mut self.people);
        let Some(place) = places.into_iter().find(|(other, _)| **other == VACANT) else {
            return false;
        };
        (*place.0, *place.1) = (room, people);
        true
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (RoomNo, u32)> {
        let rooms = self.rooms.iter().copied().take_while(|room| *room != VACANT);
        rooms.zip(self.people.iter().copied())
    }

    /// Rooms in which others type than did before.
    pub(crate) fn differing(&self, before: &Self) -> Vec<RoomNo> {
        let lacks = |one: &Self, room: (RoomNo, u32)| !one.iter().any(|other| other == room);
        let come = self.iter().filter(|room| lacks(before, *room));
        let gone = before.iter().filter(|room| lacks(self, *room));
        let mut rooms: Vec<_> = come.chain(gone).map(|(room, _)| room).collect();
        rooms.sort_unstable();
        rooms.dedup();
        rooms
    }
}

/// A check number of people, the same on every node and in every order (FNV-1a over each).
pub(crate) fn check_number(people: &[OwnedUserId]) -> u32 {
    let of = |user: &OwnedUserId| {
        let step = |hash: u32, byte: &u8| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
        user.as_bytes().iter().fold(0x811c_9dc5, step)
    };
    people.iter().map(of).fold(0, u32::wrapping_add)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typists(rooms: &[(u64, u32)]) -> Typists {
        Typists::of(rooms.iter().map(|(room, people)| (RoomNo(*room), *people)))
    }

    #[test]
    fn rooms_differ_where_others_type() {
        type Rooms<'a> = &'a [(u64, u32)];
        let table: [(Rooms<'_>, Rooms<'_>, &[u64]); 6] = [
            (&[], &[], &[]),
            (&[(1, 7)], &[(1, 7)], &[]),
            (&[(1, 7)], &[], &[1]),
            (&[], &[(1, 7)], &[1]),
            (&[(1, 8)], &[(1, 7)], &[1]),
            (&[(2, 1), (3, 1)], &[(1, 1), (3, 1)], &[1, 2]),
        ];
        for (now, before, expected) in table {
            let found = typists(now).differing(&typists(before));
            let found: Vec<_> = found.iter().map(|room| room.0).collect();
            assert_eq!(found, expected, "{now:?} {before:?}");
        }
    }

    #[test]
    fn people_have_one_number_in_any_order() {
        let user = |name: &str| OwnedUserId::try_from(format!("@{name}:s")).unwrap();
        let (alice, bob) = (user("alice"), user("bob"));
        let both = check_number(&[alice.clone(), bob.clone()]);
        assert_eq!(both, check_number(&[bob.clone(), alice.clone()]));
        assert_ne!(both, check_number(&[alice]));
    }

    #[test]
    fn what_a_token_has_no_place_for_is_left_out() {
        let many: Vec<_> = (1..20).map(|room| (room, 1)).collect();
        assert_eq!(typists(&many).iter().count(), SHOWN);
    }
}
