//! What a sync answers, and its JSON.
//!
//! Events are held as the JSON that they are stored as, and written without being parsed.

use std::collections::BTreeMap;
use std::sync::Arc;

use devices::KeyCounts;
use rooms::TimelineToken;
use ruma_common::{OneTimeKeyAlgorithm, OwnedRoomId, OwnedUserId};

use crate::json::Object;
use crate::writer::{Section, Writer};
use crate::{Counts, Token};

/// An answer: everything that a device is told.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Where the device stands after it.
    pub next_batch: Token,
    /// Rooms that the person is in.
    pub join: BTreeMap<OwnedRoomId, JoinedRoom>,
    /// Stripped state of rooms that the person is asked to join.
    pub invite: BTreeMap<OwnedRoomId, Vec<String>>,
    /// Stripped state of rooms that the person asks to join.
    pub knock: BTreeMap<OwnedRoomId, Vec<String>>,
    /// Rooms that the person went out of.
    pub leave: BTreeMap<OwnedRoomId, LeftRoom>,
    /// Who is there, of those who share a room with the person.
    pub presence: Vec<String>,
    /// Account data that belongs to no room.
    pub account_data: Vec<String>,
    /// Messages to the device.
    pub to_device: Vec<String>,
    /// Whose devices changed, and whose are no longer of interest.
    pub device_lists: DeviceLists,
    /// Which keys of the device are left.
    pub keys: Arc<KeysLeft>,
    /// Whether that is news.
    pub(crate) keys_changed: bool,
}

/// A room that the person is in.
#[derive(Clone, Debug, Default)]
pub struct JoinedRoom {
    /// What is needed to name the room, when it changed.
    pub summary: Option<Summary>,
    /// State.
    pub state: State,
    /// What was said.
    pub timeline: Timeline,
    /// Receipts, and who types.
    pub ephemeral: Vec<String>,
    /// The person's data of the room.
    pub account_data: Vec<String>,
    /// Unread counts, when they were counted.
    pub unread: Option<UnreadCounts>,
}

/// A room that the person went out of.
#[derive(Clone, Debug, Default)]
pub struct LeftRoom {
    /// State.
    pub state: State,
    /// What was said until they went.
    pub timeline: Timeline,
    /// The person's data of the room.
    pub account_data: Vec<String>,
}

/// What an answer tells of one room, by how the person stands to it.
pub(crate) enum Told {
    Join(JoinedRoom),
    /// Stripped state.
    Invite(Vec<String>),
    /// Stripped state.
    Knock(Vec<String>),
    Leave(LeftRoom),
}

/// State that a client is to take over.
#[derive(Clone, Debug)]
pub enum State {
    /// As it was before the timeline.
    Before(Vec<String>),
    /// As it is after the timeline (`state_after`).
    After(Vec<String>),
}

/// The end of a room's timeline.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    /// Events, oldest first.
    pub events: Vec<String>,
    /// Whether there are others between these and what was told before.
    pub limited: bool,
    /// Where those before are to be had.
    pub prev_batch: Option<TimelineToken>,
}

/// What is needed to name a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// People to name the room by, when it has no name of its own.
    pub heroes: Option<Vec<OwnedUserId>>,
    /// How many are in it.
    pub joined: u64,
    /// How many are asked to come.
    pub invited: u64,
}

/// Unread counts of a room.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnreadCounts {
    /// Of the whole room; of the main timeline when threads are told apart.
    pub room: Counts,
    /// By root, when threads are told apart.
    pub threads: BTreeMap<String, Counts>,
}

/// Whose devices changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceLists {
    /// People whose devices are to be asked for anew.
    pub changed: Vec<OwnedUserId>,
    /// People with whom no encrypted room is shared any more.
    pub left: Vec<OwnedUserId>,
}

/// Which keys of a device nobody has claimed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeysLeft {
    /// One-time keys, by algorithm. An algorithm that ran out is there with 0: the specification
    /// lets it be left out, but clients that then never refill exist.
    pub one_time: KeyCounts,
    /// Algorithms whose fallback key is unused.
    pub unused_fallback: Vec<OneTimeKeyAlgorithm>,
}

impl Default for State {
    fn default() -> Self {
        Self::Before(Vec::new())
    }
}

impl State {
    /// The events.
    pub fn events(&self) -> &[String] {
        match self {
            Self::Before(events) | Self::After(events) => events,
        }
    }
}

impl JoinedRoom {
    /// Whether nothing is told of the room but counts.
    pub(crate) fn is_empty(&self) -> bool {
        self.summary.is_none()
            && self.state.events().is_empty()
            && self.timeline.events.is_empty()
            && !self.timeline.limited
            && self.ephemeral.is_empty()
            && self.account_data.is_empty()
    }
}

impl Answer {
    /// An answer with nothing in it.
    pub(crate) fn new(next_batch: Token, keys: Arc<KeysLeft>) -> Self {
        Self {
            next_batch,
            join: BTreeMap::new(),
            invite: BTreeMap::new(),
            knock: BTreeMap::new(),
            leave: BTreeMap::new(),
            presence: Vec::new(),
            account_data: Vec::new(),
            to_device: Vec::new(),
            device_lists: DeviceLists::default(),
            keys,
            keys_changed: false,
        }
    }

    /// Whether there is no news in it.
    pub fn is_empty(&self) -> bool {
        self.has_no_rooms()
            && self.presence.is_empty()
            && self.account_data.is_empty()
            && self.to_device.is_empty()
            && self.device_lists == DeviceLists::default()
            && !self.keys_changed
    }

    fn has_no_rooms(&self) -> bool {
        self.join.is_empty()
            && self.invite.is_empty()
            && self.knock.is_empty()
            && self.leave.is_empty()
    }

    /// Adds what is told of a room.
    pub(crate) fn insert(&mut self, id: OwnedRoomId, told: Told) {
        match told {
            Told::Join(room) => drop(self.join.insert(id, room)),
            Told::Invite(events) => drop(self.invite.insert(id, events)),
            Told::Knock(events) => drop(self.knock.insert(id, events)),
            Told::Leave(room) => drop(self.leave.insert(id, room)),
        }
    }

    /// The answer in the form of the specification.
    pub fn to_json(&self) -> String {
        let mut writer = Writer::begin(self);
        for (id, room) in &self.join {
            writer.room(Section::Join, id, |out| room.write(out));
        }
        for (section, asked) in [(Section::Invite, &self.invite), (Section::Knock, &self.knock)] {
            for (id, events) in asked {
                writer.room(section, id, |out| out.events(section.state(), events));
            }
        }
        for (id, room) in &self.leave {
            writer.room(Section::Leave, id, |out| room.write(out));
        }
        writer.end()
    }

    /// Writes everything that belongs to no room.
    pub(crate) fn write_head(&self, answer: &mut Object<'_>) {
        answer.text("next_batch", &self.next_batch.to_string());
        answer.events_if_any("presence", &self.presence);
        answer.events_if_any("account_data", &self.account_data);
        answer.events_if_any("to_device", &self.to_device);
        if self.device_lists != DeviceLists::default() {
            self.device_lists.write(answer);
        }
        self.keys.write(answer);
    }
}

impl Told {
    /// Where it stands in an answer.
    pub(crate) fn section(&self) -> Section {
        match self {
            Self::Join(_) => Section::Join,
            Self::Invite(_) => Section::Invite,
            Self::Knock(_) => Section::Knock,
            Self::Leave(_) => Section::Leave,
        }
    }

    /// Writes it as fields.
    pub(crate) fn write(&self, out: &mut Object<'_>) {
        match self {
            Self::Join(room) => room.write(out),
            Self::Invite(events) | Self::Knock(events) => {
                out.events(self.section().state(), events);
            }
            Self::Leave(room) => room.write(out),
        }
    }
}

impl JoinedRoom {
    fn write(&self, out: &mut Object<'_>) {
        self.state.write(out);
        self.timeline.write(out);
        out.events_if_any("ephemeral", &self.ephemeral);
        out.events_if_any("account_data", &self.account_data);
        if let Some(summary) = &self.summary {
            out.object("summary", |out| {
                if let Some(heroes) = &summary.heroes {
                    out.texts("m.heroes", heroes);
                }
                out.number("m.joined_member_count", summary.joined);
                out.number("m.invited_member_count", summary.invited);
            });
        }
        if let Some(UnreadCounts { room, threads }) = &self.unread {
            out.object("unread_notifications", |out| write_counts(*room, out));
            if !threads.is_empty() {
                out.object("unread_thread_notifications", |out| {
                    for (root, counts) in threads {
                        out.object(root, |out| write_counts(*counts, out));
                    }
                });
            }
        }
    }
}

impl LeftRoom {
    fn write(&self, out: &mut Object<'_>) {
        self.state.write(out);
        self.timeline.write(out);
        out.events_if_any("account_data", &self.account_data);
    }
}

impl State {
    fn write(&self, out: &mut Object<'_>) {
        match self {
            Self::Before(events) => out.events("state", events),
            Self::After(events) => out.events("state_after", events),
        }
    }
}

impl Timeline {
    fn write(&self, out: &mut Object<'_>) {
        out.object("timeline", |out| {
            out.array("events", &self.events);
            out.json("limited", if self.limited { "true" } else { "false" });
            if let Some(token) = &self.prev_batch {
                out.text("prev_batch", &token.to_string());
            }
        });
    }
}

impl DeviceLists {
    /// Writes them as a field of their own.
    pub(crate) fn write(&self, out: &mut Object<'_>) {
        out.object("device_lists", |lists| {
            lists.texts("changed", &self.changed);
            lists.texts("left", &self.left);
        });
    }
}

impl KeysLeft {
    /// Writes them as fields of their own.
    pub(crate) fn write(&self, out: &mut Object<'_>) {
        out.object("device_one_time_keys_count", |counts| {
            for (algorithm, count) in &self.one_time {
                counts.number(algorithm.as_ref(), *count);
            }
        });
        out.texts("device_unused_fallback_key_types", &self.unused_fallback);
    }
}

/// Writes counts as fields.
pub(crate) fn write_counts(counts: Counts, out: &mut Object<'_>) {
    out.number("highlight_count", counts.highlights);
    out.number("notification_count", counts.notifications);
}
