//! Which rooms a request matches: by their places in its lists, and by its subscriptions. Pure.

use std::collections::{HashMap, HashSet};

use base::number::RoomNo;
use ruma_common::OwnedRoomId;

use super::request::{Filters, List, Questions};
use super::roster::{Entry, Roster, Stands};
use crate::memory::{Direct, Ignored, Tags};

/// What lists ask of rooms and of the person's data, as far as a request needs it.
#[derive(Default)]
pub(crate) struct Facts {
    pub(crate) ignored: Ignored,
    pub(crate) direct: Direct,
    pub(crate) tags: Tags,
    /// For each list of rooms in spaces, in order of the lists: the rooms that those name.
    pub(crate) children: Vec<Option<HashSet<RoomNo>>>,
    /// Rooms that are subscribed to.
    pub(crate) subscribed: HashMap<RoomNo, OwnedRoomId>,
}

/// A room that a request matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Matched {
    pub(crate) room: RoomNo,
    pub(crate) rules: Rules,
}

/// By which rules a room is matched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Rules {
    /// A bit for each list, in their order: there are 100 at most.
    lists: u128,
    pub(crate) subscribed: bool,
}

impl Rules {
    /// Whether any rule matches.
    pub(crate) fn any(self) -> bool {
        self.lists != 0 || self.subscribed
    }

    /// The lists, by name.
    pub(crate) fn lists(self, questions: &Questions) -> impl Iterator<Item = (&str, &List)> {
        let all = questions.lists.iter().enumerate();
        let within = all.filter(move |(index, _)| self.lists >> index & 1 == 1);
        within.map(|(_, (name, list))| (name.as_str(), list))
    }
}

/// What a request matches.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Windows {
    /// How many rooms each list has, in order of the lists.
    pub(crate) counts: Vec<u64>,
    /// Rooms within the lists' ranges and those that are subscribed to, the latest first.
    pub(crate) rooms: Vec<Matched>,
}

impl Windows {
    /// Finds what a request matches among a person's rooms.
    pub(crate) fn find(roster: &Roster, questions: &Questions, facts: &Facts) -> Self {
        let mut windows = Self { counts: vec![0; questions.lists.len()], rooms: Vec::new() };
        for (room, _, entry) in roster.iter() {
            let ignored = matches!(&entry.stands, Stands::Asked(by) if facts.ignored.contains(by));
            if ignored {
                continue;
            }
            let mut rules = Rules { lists: 0, subscribed: facts.subscribed.contains_key(&room) };
            if entry.stands != Stands::Gone {
                let lists = questions.lists.values().zip(&mut windows.counts).enumerate();
                for (index, (list, count)) in lists {
                    let children = facts.children.get(index).and_then(Option::as_ref);
                    if list.filters.admit(room, entry, facts)
                        && children.is_none_or(|c| c.contains(&room))
                    {
                        rules.lists |= u128::from(list.covers(*count)) << index;
                        *count += 1;
                    }
                }
            }
            if rules.any() {
                windows.rooms.push(Matched { room, rules });
            }
        }
        windows
    }
}

impl Filters {
    /// Whether they ask what sort of room one is.
    pub(crate) fn ask_sorts(&self) -> bool {
        self.is_encrypted.is_some() || self.room_types.is_some() || self.not_room_types.is_some()
    }

    /// Whether they ask how a room is tagged.
    pub(crate) fn ask_tags(&self) -> bool {
        self.tags.is_some() || self.not_tags.is_some()
    }

    /// Whether a room has a place in the list, spaces apart.
    fn admit(&self, room: RoomNo, entry: &Entry, facts: &Facts) -> bool {
        let is = |wanted: Option<bool>, found: bool| wanted.is_none_or(|wanted| wanted == found);
        let kind = || entry.room_type.as_deref();
        let of = |types: &[Option<String>]| types.iter().any(|one| one.as_deref() == kind());
        let tagged = |names: &[String]| {
            let tags = facts.tags.get(&room);
            tags.is_some_and(|tags| tags.iter().any(|tag| names.contains(tag)))
        };
        is(self.is_invited, matches!(entry.stands, Stands::Asked(_)))
            && is(self.is_dm, facts.direct.contains(&room))
            && is(self.is_encrypted, entry.encrypted.unwrap_or(false))
            && self.room_types.as_deref().is_none_or(of)
            && !self.not_room_types.as_deref().is_some_and(of)
            && self.tags.as_deref().is_none_or(tagged)
            && !self.not_tags.as_deref().is_some_and(tagged)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use base::number::LogPosition;
    use rooms::RoomSort;
    use ruma_common::{owned_room_id, owned_user_id};

    use super::super::request::{Detail, Extensions, Form};
    use super::*;

    /// Rooms 1 to 6, the last the latest: 1 a space, 2 encrypted, 5 an invitation, 6 left.
    fn roster() -> Roster {
        let mut roster = Roster::default();
        for no in 1..=6 {
            let stands = match no {
                5 => Stands::Asked(owned_user_id!("@bob:s")),
                6 => Stands::Gone,
                _ => Stands::In,
            };
            roster.stand(RoomNo(no), stands, LogPosition(no * 10));
            let room_type = (no == 1).then(|| "m.space".to_owned());
            let sort = RoomSort { room_type, encrypted: no == 2 };
            roster.learn(RoomNo(no), LogPosition(no * 10), &sort);
        }
        roster
    }

    fn facts() -> Facts {
        Facts {
            direct: Arc::new([RoomNo(2), RoomNo(3)].into()),
            tags: Arc::new(
                [
                    (RoomNo(3), vec!["a".to_owned(), "b".to_owned()]),
                    (RoomNo(4), vec!["a".to_owned()]),
                ]
                .into(),
            ),
            ..Facts::default()
        }
    }

    type Ranges = Option<Vec<(u64, u64)>>;

    fn questions(lists: Vec<(Filters, Ranges)>) -> Questions {
        let detail = Detail { timeline_limit: 1, required_state: Arc::default() };
        let list = |(no, (filters, ranges)): (usize, _)| {
            (no.to_string(), List { ranges, filters, detail: detail.clone() })
        };
        Questions {
            form: Form::Accepted,
            connection: String::new(),
            transaction: None,
            lists: lists.into_iter().enumerate().map(list).collect(),
            subscriptions: BTreeMap::new(),
            extensions: Extensions::default(),
        }
    }

    fn found(filters: Filters, ranges: Ranges, facts: &Facts) -> (u64, Vec<u64>) {
        let windows = Windows::find(&roster(), &questions(vec![(filters, ranges)]), facts);
        (windows.counts[0], windows.rooms.iter().map(|matched| matched.room.0).collect())
    }

    #[test]
    fn ranges_name_places_from_the_latest_on() {
        let table: [(Ranges, &[u64]); 6] = [
            (None, &[5, 4, 3, 2, 1]),
            (Some(vec![(0, 1)]), &[5, 4]),
            (Some(vec![(0, 0), (3, 3)]), &[5, 2]),
            (Some(vec![(4, 100)]), &[1]),
            (Some(vec![(5, 100)]), &[]),
            (Some(vec![]), &[]),
        ];
        for (ranges, expected) in table {
            let (count, rooms) = found(Filters::default(), ranges.clone(), &facts());
            assert_eq!((count, &rooms[..]), (5, expected), "{ranges:?}");
        }
    }

    #[test]
    fn filters_say_which_rooms_have_places() {
        let all = Filters::default;
        let names = |names: &[&str]| Some(names.iter().map(|n| (*n).to_owned()).collect());
        let space = || Some(vec![Some("m.space".to_owned())]);
        let table: [(Filters, &[u64]); 12] = [
            (Filters { is_dm: Some(true), ..all() }, &[3, 2]),
            (Filters { is_dm: Some(false), ..all() }, &[5, 4, 1]),
            (Filters { is_encrypted: Some(true), ..all() }, &[2]),
            (Filters { is_encrypted: Some(false), ..all() }, &[5, 4, 3, 1]),
            (Filters { is_invited: Some(true), ..all() }, &[5]),
            (Filters { is_invited: Some(false), ..all() }, &[4, 3, 2, 1]),
            (Filters { room_types: space(), ..all() }, &[1]),
            (Filters { not_room_types: space(), ..all() }, &[5, 4, 3, 2]),
            (
                Filters { room_types: Some(vec![None]), not_room_types: Some(vec![None]), ..all() },
                &[],
            ),
            (Filters { tags: names(&["a"]), ..all() }, &[4, 3]),
            (Filters { tags: names(&["a"]), not_tags: names(&["b"]), ..all() }, &[4]),
            (Filters { is_dm: Some(true), is_encrypted: Some(false), ..all() }, &[3]),
        ];
        for (filters, expected) in table {
            let (count, rooms) = found(filters.clone(), Some(vec![(0, 9)]), &facts());
            assert_eq!((count, &rooms[..]), (expected.len() as u64, expected), "{filters:?}");
        }
    }

    #[test]
    fn invitations_of_ignored_people_have_no_place() {
        let ignored = Arc::new([owned_user_id!("@bob:s")].into());
        let (count, rooms) = found(Filters::default(), None, &Facts { ignored, ..facts() });
        assert_eq!((count, rooms), (4, vec![4, 3, 2, 1]));
    }

    #[test]
    fn spaces_and_subscriptions_match_what_they_name() {
        let facts = Facts {
            children: vec![Some([RoomNo(1), RoomNo(4), RoomNo(6)].into()), None],
            subscribed: [6, 4].map(|no| (RoomNo(no), owned_room_id!("!r:s"))).into(),
            ..facts()
        };
        let two =
            questions(vec![(Filters::default(), None), (Filters::default(), Some(vec![(0, 0)]))]);
        let windows = Windows::find(&roster(), &two, &facts);
        assert_eq!(windows.counts, [2, 5]);
        let rules: HashMap<_, _> = windows.rooms.iter().map(|m| (m.room.0, m.rules)).collect();
        let names = |no| rules[&no].lists(&two).map(|(name, _)| name).collect::<Vec<_>>();
        assert_eq!((names(4), names(5), names(1)), (vec!["0"], vec!["1"], vec!["0"]));
        assert!(rules[&4].subscribed && rules[&6].subscribed && !rules[&1].subscribed);
        assert_eq!(rules.len(), 4);
    }
}
