//! What a client wants to be told (`POST /user/{userId}/filter`).
//!
//! `spec/content/client-server-api/_index.md`, "Filtering". Which events a part admits is decided
//! by [`EventFilter`], for pages of a timeline as here.

use rooms::EventFilter;
use ruma_common::{OwnedRoomId, RoomId};
use serde::Deserialize;

use crate::SyncError;

/// Events of a room's timeline in an answer, when the filter does not say.
const DEFAULT_LIMIT: usize = 10;
/// Events of a room's timeline in an answer at most, whatever the filter says.
const MAX_LIMIT: usize = 100;

/// A filter. The default is everything.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Filter {
    /// Only these fields of events.
    pub event_fields: Option<Vec<String>>,
    /// Who is there.
    pub presence: EventFilter,
    /// Account data that belongs to no room.
    pub account_data: EventFilter,
    /// What is told of rooms.
    pub room: RoomFilter,
}

/// What is told of rooms.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct RoomFilter {
    /// Only these rooms.
    pub rooms: Option<Vec<OwnedRoomId>>,
    /// Not these rooms, whatever `rooms` says.
    pub not_rooms: Vec<OwnedRoomId>,
    /// Rooms that the person left, too.
    pub include_leave: bool,
    /// Events of timelines.
    pub timeline: EventFilter,
    /// Events of state.
    pub state: EventFilter,
    /// Receipts, and who types.
    pub ephemeral: EventFilter,
    /// Account data that belongs to a room.
    pub account_data: EventFilter,
}

impl Filter {
    /// Reads a filter from JSON.
    pub fn parse(json: &str) -> Result<Self, SyncError> {
        serde_json::from_str(json).map_err(|error| SyncError::Filter(error.to_string()))
    }
}

impl RoomFilter {
    /// Whether anything is told of a room.
    pub fn admits(&self, room: &RoomId) -> bool {
        !self.not_rooms.iter().any(|not| not == room)
            && self.rooms.as_ref().is_none_or(|rooms| rooms.iter().any(|one| one == room))
    }

    /// How many events of a room's timeline are told at most; none when the room's are not wanted.
    pub(crate) fn timeline_limit(&self, room: &RoomId) -> usize {
        let nothing = self.timeline.types.as_ref().is_some_and(Vec::is_empty)
            || self.timeline.senders.as_ref().is_some_and(Vec::is_empty)
            || !self.timeline.admits_room(room);
        if nothing {
            return 0;
        }
        let asked = self.timeline.limit.and_then(|limit| usize::try_from(limit).ok());
        asked.unwrap_or(DEFAULT_LIMIT).min(MAX_LIMIT)
    }
}

#[cfg(test)]
mod tests {
    use ruma_common::room_id;

    use super::*;

    #[test]
    fn the_timeline_s_limit_is_what_was_asked_for_within_bounds() {
        let table = [
            ("{}", DEFAULT_LIMIT),
            (r#"{"limit": 3}"#, 3),
            (r#"{"limit": 0}"#, 0),
            (r#"{"limit": 5000}"#, MAX_LIMIT),
            (r#"{"types": []}"#, 0),
            (r#"{"not_rooms": ["!r:x"]}"#, 0),
            (r#"{"rooms": ["!other:x"]}"#, 0),
        ];
        for (timeline, expected) in table {
            let filter = format!(r#"{{"room": {{"timeline": {timeline}}}}}"#);
            let filter = Filter::parse(&filter).unwrap();
            assert_eq!(filter.room.timeline_limit(room_id!("!r:x")), expected, "{timeline}");
        }
    }

    #[test]
    fn rooms_are_told_of_as_listed() {
        let table = [
            ("{}", true),
            (r#"{"rooms": ["!r:x"]}"#, true),
            (r#"{"rooms": []}"#, false),
            (r#"{"rooms": ["!r:x"], "not_rooms": ["!r:x"]}"#, false),
        ];
        for (room, expected) in table {
            let filter = Filter::parse(&format!(r#"{{"room": {room}}}"#)).unwrap();
            assert_eq!(filter.room.admits(room_id!("!r:x")), expected, "{room}");
        }
    }

    #[test]
    fn what_is_no_filter_is_refused() {
        for text in ["", "5", r#"{"room": 5}"#, r#"{"room": {"rooms": ["x"]}}"#, "{"] {
            assert!(matches!(Filter::parse(text), Err(SyncError::Filter(_))), "{text}");
        }
    }
}
