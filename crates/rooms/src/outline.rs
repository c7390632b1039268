//! What is told of a room to make it recognised: stripped state, and whom it is named after.
//!
//! `spec/content/client-server-api`, "Stripped state"; "Calculating the display name for a room".

use std::sync::Arc;

use ruma_common::{OwnedUserId, UserId};

use crate::error::RoomError;
use crate::event::{Stored, damaged};
use crate::room::Current;
use crate::tables::Membership;

/// State that somebody who is not in the room is told, when asked in.
const STRIPPED: [&str; 7] = [
    "m.room.create",
    "m.room.name",
    "m.room.avatar",
    "m.room.topic",
    "m.room.join_rules",
    "m.room.canonical_alias",
    "m.room.encryption",
];
/// People whom a room without a name is named after.
const HEROES: usize = 5;

impl Current {
    /// The state that somebody invited, or knocking, is told: what the room is, who asked them in,
    /// and their own membership last.
    pub fn stripped(&self, user: &UserId) -> Vec<Arc<Stored>> {
        let mut events: Vec<_> =
            STRIPPED.iter().filter_map(|kind| self.get(kind, "").cloned()).collect();
        if let Some(own) = self.get("m.room.member", user.as_str()) {
            if own.sender() != user {
                events.extend(self.get("m.room.member", own.sender().as_str()).cloned());
            }
            events.push(Arc::clone(own));
        }
        events
    }

    /// Whom the room is named after for a person, when it has no name: the first five others in it
    /// or invited; of a room that all others left, the first five of those.
    pub fn heroes(&self, user: &UserId) -> Vec<OwnedUserId> {
        let here = self.first_of(user, &[Membership::Join, Membership::Invite]);
        if here.is_empty() {
            return self.first_of(user, &[Membership::Leave, Membership::Ban]);
        }
        here
    }

    /// The first others to stand so to the room, in the order in which they came.
    fn first_of(&self, user: &UserId, memberships: &[Membership]) -> Vec<OwnedUserId> {
        let others = self
            .members
            .iter()
            .filter(|(other, membership)| ***other != *user && memberships.contains(membership));
        let mut others: Vec<_> = others
            .filter_map(|(other, _)| {
                Some((self.get("m.room.member", other.as_str())?.ord, other.clone()))
            })
            .collect();
        others.sort_unstable();
        others.into_iter().take(HEROES).map(|(_, other)| other).collect()
    }
}

impl Stored {
    /// The event as stripped state.
    pub fn stripped_json(&self) -> Result<String, RoomError> {
        rules::format::stripped_json(&self.pdu).map_err(|error| damaged(&error))
    }
}
