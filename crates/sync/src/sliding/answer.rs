//! What a sliding sync answers, and its JSON in both forms.

use std::collections::BTreeMap;
use std::sync::Arc;

use rooms::Membership;
use ruma_common::{OwnedRoomId, OwnedUserId};

use super::request::Form;
use crate::Counts;
use crate::answer::{DeviceLists, KeysLeft, Timeline, write_counts};
use crate::json::{Object, object};

/// An answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct SlidingAnswer {
    /// How many rooms each list has.
    pub(crate) lists: Vec<(String, u64)>,
    pub(crate) rooms: BTreeMap<OwnedRoomId, RoomTold>,
    pub(crate) beside: BesideTold,
}

/// What is told of one room.
#[derive(Clone, Debug, Default)]
pub(crate) struct RoomTold {
    pub(crate) membership: Option<Membership>,
    /// The lists in whose range it is.
    pub(crate) lists: Vec<String>,
    pub(crate) bump_stamp: Option<u64>,
    /// That the client is to forget what it knew of the room.
    pub(crate) initial: bool,
    /// That the timeline begins earlier than what is new.
    pub(crate) expanded: bool,
    pub(crate) name: Text,
    pub(crate) avatar: Text,
    pub(crate) heroes: Option<Vec<Hero>>,
    pub(crate) is_dm: Option<bool>,
    pub(crate) required_state: Vec<String>,
    pub(crate) timeline: Timeline,
    /// How many events of the timeline are new.
    pub(crate) live: Option<u64>,
    /// How many are in it, and asked in.
    pub(crate) people: Option<(u64, u64)>,
    pub(crate) unread: Option<Counts>,
    /// What is told to who is not in it.
    pub(crate) stripped: Option<Vec<String>>,
}

/// A text that a client may know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Text {
    /// It is as it was.
    #[default]
    Same,
    /// There is none any more.
    Gone,
    /// It is this.
    Is(String),
}

/// Somebody whom a room is named after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hero {
    pub(crate) user: OwnedUserId,
    pub(crate) name: Option<String>,
    pub(crate) avatar: Option<String>,
}

/// What is told beside rooms.
#[derive(Clone, Debug, Default)]
pub(crate) struct BesideTold {
    /// Messages to the device, and the token that stands for having them.
    pub(crate) to_device: Option<(String, Vec<String>)>,
    pub(crate) devices: DeviceLists,
    /// Which keys are left, when that changed.
    pub(crate) keys: Option<Arc<KeysLeft>>,
    pub(crate) data: Vec<String>,
    pub(crate) data_of_rooms: BTreeMap<OwnedRoomId, Vec<String>>,
    pub(crate) receipts: BTreeMap<OwnedRoomId, String>,
    pub(crate) typing: BTreeMap<OwnedRoomId, String>,
}

impl SlidingAnswer {
    /// Whether there is no news in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.rooms.is_empty() && self.beside.is_empty()
    }

    /// The answer as it is written.
    pub(crate) fn to_json(&self, form: Form, pos: &str, transaction: Option<&str>) -> String {
        let mut out = String::with_capacity(1024);
        object(&mut out, |answer| {
            answer.text("pos", pos);
            if let Some(transaction) = transaction {
                answer.text("txn_id", transaction);
            }
            answer.object("lists", |lists| {
                for (name, count) in &self.lists {
                    lists.object(name, |list| list.number("count", *count));
                }
            });
            answer.object("rooms", |rooms| {
                for (id, room) in &self.rooms {
                    rooms.object(id.as_str(), |out| room.write(out, form));
                }
            });
            answer.object("extensions", |out| self.beside.write(out));
        });
        out
    }
}

impl RoomTold {
    /// Whether there is no news in it.
    pub(crate) fn is_empty(&self) -> bool {
        !self.initial
            && !self.expanded
            && !self.timeline.limited
            && self.timeline.events.is_empty()
            && self.required_state.is_empty()
            && self.name == Text::Same
            && self.avatar == Text::Same
            && self.heroes.is_none()
            && self.is_dm.is_none()
            && self.people.is_none()
            && self.unread.is_none()
            && self.stripped.is_none()
    }

    /// Bytes of it, about.
    pub(crate) fn bytes(&self) -> usize {
        let stripped = self.stripped.iter().flatten();
        let events = self.timeline.events.iter().chain(&self.required_state).chain(stripped);
        events.map(String::len).sum()
    }

    fn write(&self, out: &mut Object<'_>, form: Form) {
        if let Some(stamp) = self.bump_stamp {
            out.number("bump_stamp", stamp);
        }
        if form == Form::Accepted {
            if let Some(membership) = self.membership {
                out.text("membership", membership.as_str());
            }
            if !self.lists.is_empty() {
                out.texts("lists", &self.lists);
            }
        }
        out.flag_if_set("initial", self.initial);
        if let Some(events) = &self.stripped {
            let name = match form {
                Form::Accepted => "stripped_state",
                Form::Deployed => "invite_state",
            };
            return out.array(name, events);
        }
        self.write_profile(out);
        self.write_events(out, form);
        if let Some(unread) = self.unread.filter(|_| form == Form::Deployed) {
            write_counts(unread, out);
        }
    }

    /// What the room is recognised by.
    fn write_profile(&self, out: &mut Object<'_>) {
        for (name, text) in [("name", &self.name), ("avatar", &self.avatar)] {
            match text {
                Text::Is(text) => out.text(name, text),
                Text::Gone => out.json(name, "null"),
                Text::Same => {}
            }
        }
        if let Some(heroes) = &self.heroes {
            let heroes: Vec<_> = heroes.iter().map(Hero::to_json).collect();
            out.array("heroes", &heroes);
        }
        if let Some(is_dm) = self.is_dm {
            out.json("is_dm", if is_dm { "true" } else { "false" });
        }
        if let Some((joined, invited)) = self.people {
            out.number("joined_count", joined);
            out.number("invited_count", invited);
        }
    }

    fn write_events(&self, out: &mut Object<'_>, form: Form) {
        let expanded = match form {
            Form::Accepted => "expanded_timeline",
            Form::Deployed => "unstable_expanded_timeline",
        };
        out.flag_if_set(expanded, self.expanded);
        if !self.required_state.is_empty() {
            out.array("required_state", &self.required_state);
        }
        if !self.timeline.events.is_empty() {
            out.array("timeline", &self.timeline.events);
        }
        out.flag_if_set("limited", self.timeline.limited);
        if let Some(token) = &self.timeline.prev_batch {
            out.text("prev_batch", &token.to_string());
        }
        if let Some(live) = self.live {
            out.number("num_live", live);
        }
    }
}

impl Hero {
    fn to_json(&self) -> String {
        let mut out = String::new();
        object(&mut out, |hero| {
            hero.text("user_id", self.user.as_str());
            for (field, text) in [("displayname", &self.name), ("avatar_url", &self.avatar)] {
                if let Some(text) = text {
                    hero.text(field, text);
                }
            }
        });
        out
    }
}

impl BesideTold {
    fn is_empty(&self) -> bool {
        let messages = self.to_device.as_ref().is_some_and(|(_, messages)| !messages.is_empty());
        !messages
            && self.devices == DeviceLists::default()
            && self.keys.is_none()
            && self.data.is_empty()
            && self.data_of_rooms.is_empty()
            && self.receipts.is_empty()
            && self.typing.is_empty()
    }

    fn write(&self, out: &mut Object<'_>) {
        if let Some((next, messages)) = &self.to_device {
            out.object("to_device", |out| {
                out.text("next_batch", next);
                if !messages.is_empty() {
                    out.array("events", messages);
                }
            });
        }
        self.write_e2ee(out);
        if !(self.data.is_empty() && self.data_of_rooms.is_empty()) {
            out.object("account_data", |out| {
                if !self.data.is_empty() {
                    out.array("global", &self.data);
                }
                if !self.data_of_rooms.is_empty() {
                    out.object("rooms", |rooms| {
                        for (room, data) in &self.data_of_rooms {
                            rooms.array(room.as_str(), data);
                        }
                    });
                }
            });
        }
        for (name, events) in [("receipts", &self.receipts), ("typing", &self.typing)] {
            if !events.is_empty() {
                out.object(name, |out| {
                    out.object("rooms", |rooms| {
                        for (room, event) in events {
                            rooms.json(room.as_str(), event);
                        }
                    });
                });
            }
        }
    }

    fn write_e2ee(&self, out: &mut Object<'_>) {
        let lists = self.devices != DeviceLists::default();
        if self.keys.is_none() && !lists {
            return;
        }
        out.object("e2ee", |out| {
            if lists {
                self.devices.write(out);
            }
            if let Some(keys) = &self.keys {
                keys.write(out);
            }
        });
    }
}
