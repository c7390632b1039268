//! Which events a client wants to see: `RoomEventFilter` of the specification, "Filtering".
//!
//! The one place that matches filters, for pages of a timeline as for syncs.

use ruma_common::{OwnedRoomId, OwnedUserId, RoomId, UserId};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use crate::event::Stored;
use crate::relations::RelatedBy;

/// What a client wants of the events of its rooms. The default is everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct EventFilter {
    /// Events at most.
    pub limit: Option<u64>,
    /// Only these types; `*` stands for any characters.
    pub types: Option<Vec<String>>,
    /// Not these types, whatever `types` says.
    pub not_types: Vec<String>,
    /// Only these rooms.
    pub rooms: Option<Vec<OwnedRoomId>>,
    /// Not these rooms, whatever `rooms` says.
    pub not_rooms: Vec<OwnedRoomId>,
    /// Only these senders.
    pub senders: Option<Vec<OwnedUserId>>,
    /// Not these senders, whatever `senders` says.
    pub not_senders: Vec<OwnedUserId>,
    /// Only events whose content has a `url`, or only those without.
    pub contains_url: Option<bool>,
    /// Only events to which events of these senders relate.
    pub related_by_senders: Option<Vec<OwnedUserId>>,
    /// Only events to which others relate in one of these ways.
    pub related_by_rel_types: Option<Vec<String>>,
    /// Members only as far as they are needed to show the events.
    pub lazy_load_members: bool,
    /// Members again, even when they were sent before.
    pub include_redundant_members: bool,
    /// Unread counts by thread.
    pub unread_thread_notifications: bool,
}

impl EventFilter {
    /// Whether events of a room are wanted.
    pub fn admits_room(&self, room: &RoomId) -> bool {
        !self.not_rooms.iter().any(|not| not == room)
            && self.rooms.as_ref().is_none_or(|rooms| rooms.iter().any(|one| one == room))
    }

    /// Whether events of a type are wanted.
    pub fn admits_kind(&self, kind: &str) -> bool {
        let any = |patterns: &[String]| patterns.iter().any(|pattern| matches(pattern, kind));
        !any(&self.not_types) && self.types.as_ref().is_none_or(|types| any(types))
    }

    /// Whether events of a sender are wanted.
    pub fn admits_sender(&self, sender: &UserId) -> bool {
        !self.not_senders.iter().any(|not| not == sender)
            && self.senders.as_ref().is_none_or(|senders| senders.iter().any(|one| one == sender))
    }

    /// By what the events that are wanted must be related to, if by anything. A [`crate::Viewer`]
    /// looks for them.
    pub fn related(&self) -> Option<RelatedBy> {
        let (senders, rel_types) =
            (self.related_by_senders.clone(), self.related_by_rel_types.clone());
        (senders.is_some() || rel_types.is_some()).then_some(RelatedBy { senders, rel_types })
    }

    /// Whether an event is wanted, its room, and what relates to it, apart.
    pub fn admits(&self, event: &Stored) -> bool {
        self.admits_kind(event.kind())
            && self.admits_sender(event.sender())
            && self.contains_url.is_none_or(|wanted| has_url(event) == wanted)
    }
}

fn has_url(event: &Stored) -> bool {
    #[derive(Deserialize)]
    struct Content {
        url: Option<IgnoredAny>,
    }
    event.pdu.content_as::<Content>().is_ok_and(|content| content.url.is_some())
}

/// Whether a text is what a pattern describes; `*` stands for any characters, none included.
fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    // Each part as early as it is found leaves the most to those after it.
    for part in parts {
        let Some((_, after)) = rest.split_once(part) else { return false };
        rest = after;
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ruma_common::{room_id, user_id};
    use serde_json::json;

    use super::*;

    #[test]
    fn a_star_stands_for_any_characters() {
        let table = [
            ("m.room.message", "m.room.message", true),
            ("m.room.message", "m.room.messages", false),
            ("m.room.*", "m.room.name", true),
            ("m.room.*", "m.room.", true),
            ("m.room.*", "m.roomy", false),
            ("*", "", true),
            ("*", "anything", true),
            ("*.message", "m.room.message", true),
            ("m.*.key.*", "m.room.key.request", true),
            ("m.*.key.*", "m.key.request", false),
            ("a*a", "a", false),
            ("a*a", "aa", true),
            ("a**b", "a-b", true),
            ("*b*", "abc", true),
            ("", "", true),
            ("", "m", false),
            ("m.room?name", "m.room.name", false),
        ];
        for (pattern, text, expected) in table {
            assert_eq!(matches(pattern, text), expected, "{pattern} on {text}");
        }
    }

    #[test]
    fn what_is_excluded_wins_over_what_is_asked_for() {
        let filter: EventFilter = serde_json::from_value(json!({
            "types": ["m.room.*"], "not_types": ["m.room.name"],
            "senders": ["@a:s", "@b:s"], "not_senders": ["@b:s"],
            "rooms": ["!a:s", "!b:s"], "not_rooms": ["!b:s"],
        }))
        .unwrap();
        assert!(filter.admits_kind("m.room.topic"));
        assert!(!filter.admits_kind("m.room.name"));
        assert!(!filter.admits_kind("m.reaction"));
        assert!(filter.admits_sender(user_id!("@a:s")));
        assert!(!filter.admits_sender(user_id!("@b:s")));
        assert!(!filter.admits_sender(user_id!("@c:s")));
        assert!(filter.admits_room(room_id!("!a:s")));
        assert!(!filter.admits_room(room_id!("!b:s")));
    }

    #[test]
    fn an_empty_list_admits_nothing_and_an_absent_one_everything() {
        let nothing: EventFilter = serde_json::from_value(json!({ "types": [] })).unwrap();
        assert!(!nothing.admits_kind("m.room.message"));
        assert!(EventFilter::default().admits_kind("m.room.message"));
    }

    proptest! {
        #[test]
        fn matching_agrees_with_the_definition(pattern in "[ab*]{0,8}", text in "[ab]{0,8}") {
            fn defined(pattern: &[u8], text: &[u8]) -> bool {
                match pattern.split_first() {
                    None => text.is_empty(),
                    Some((b'*', rest)) => {
                        (0..=text.len()).any(|skipped| defined(rest, &text[skipped..]))
                    }
                    Some((one, rest)) => {
                        text.split_first().is_some_and(|(first, after)| {
                            first == one && defined(rest, after)
                        })
                    }
                }
            }
            prop_assert_eq!(matches(&pattern, &text), defined(pattern.as_bytes(), text.as_bytes()));
        }
    }
}
