//! One person: how present their devices are, and what that makes of them. Pure.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use base::clock::Timestamp;
use ruma_common::OwnedDeviceId;
use serde::{Deserialize, Serialize};

/// How long after its last sync a device is still there.
pub(crate) const GONE: Duration = Duration::from_secs(30);
/// How long after they last did anything somebody is idle.
pub(crate) const IDLE: Duration = Duration::from_mins(5);
/// How long after they last did anything somebody is still called active.
pub(crate) const ACTIVE: Duration = Duration::from_mins(1);
/// How long another node's word of a person holds: more than twice as long as it takes to repeat.
pub(crate) const HEARSAY: Duration = Duration::from_secs(150);
/// For how long it is remembered that somebody went.
pub(crate) const REMEMBERED: Duration = Duration::from_hours(1);

/// How present somebody is. Later ones are more so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum State {
    /// Not connected, or not to be seen.
    #[default]
    Offline,
    /// Idle.
    Unavailable,
    /// There.
    Online,
}

/// What is told of a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// How present they are.
    pub state: State,
    /// Whether they did something within the last minute.
    pub currently_active: bool,
    /// How long ago they did, when that is known.
    pub last_active_ago: Option<Duration>,
    /// What they say of themselves.
    pub status: Option<Arc<str>>,
}

/// A person, as this node knows them.
#[derive(Debug, Default)]
pub(crate) struct Person {
    devices: HashMap<OwnedDeviceId, Device>,
    /// What other nodes say of their devices, by node.
    elsewhere: HashMap<u32, View>,
    last_active: Option<Timestamp>,
    pub(crate) status: Status,
    told: Told,
    /// When what is told last changed.
    changed: Option<Timestamp>,
    /// Under which number.
    pub(crate) version: u64,
    /// What the other nodes were last told, and when.
    pub(crate) published: Option<(Local, Timestamp)>,
}

/// What a person says of themselves, as far as this node knows.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) enum Status {
    /// Not read yet, or said to be another by now.
    #[default]
    Unread,
    /// This, of this revision; none of revision 0.
    Read(u64, Option<Arc<str>>),
}

/// A device that is connected to this node, or was just now.
#[derive(Debug)]
struct Device {
    /// What it wants to be taken for.
    wanted: State,
    /// Syncs that are under way.
    syncs: usize,
    /// When it last began or ended one.
    seen: Timestamp,
    /// When something was last done on it.
    active: Timestamp,
}

/// How present a person is on one node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Local {
    pub(crate) state: State,
    pub(crate) active: Timestamp,
    /// The revision of what they say of themselves; 0 when nothing is known of it.
    pub(crate) status: u64,
}

/// What another node said, and when.
#[derive(Debug)]
struct View {
    state: State,
    heard: Timestamp,
}

/// What everybody was told last.
#[derive(Debug, Default, PartialEq, Eq)]
struct Told {
    state: State,
    currently_active: bool,
    status: Option<Arc<str>>,
}

impl Person {
    /// A sync of a device begins.
    pub(crate) fn connect(&mut self, device: OwnedDeviceId, wanted: State, now: Timestamp) {
        let device = self.device(device, wanted, now);
        device.syncs += 1;
        device.wanted = wanted;
        device.seen = now;
        self.note_active();
    }

    /// A sync of a device ended.
    pub(crate) fn disconnect(&mut self, device: &OwnedDeviceId, now: Timestamp) {
        if let Some(device) = self.devices.get_mut(device) {
            device.syncs = device.syncs.saturating_sub(1);
            device.seen = now;
        }
    }

    /// A device says how present its person is.
    pub(crate) fn set(&mut self, device: OwnedDeviceId, wanted: State, now: Timestamp) {
        let device = self.device(device, wanted, now);
        device.wanted = wanted;
        device.seen = now;
        if wanted == State::Online {
            device.active = now;
        }
        self.note_active();
    }

    /// Something was done on a device: whoever was idle is there again.
    pub(crate) fn act(&mut self, device: OwnedDeviceId, now: Timestamp) {
        let device = self.device(device, State::Online, now);
        device.seen = now;
        device.active = now;
        if device.wanted == State::Unavailable {
            device.wanted = State::Online;
        }
        self.note_active();
    }

    /// Another node says how present the person is there.
    pub(crate) fn hear(&mut self, node: u32, local: Local, now: Timestamp) {
        if local.state == State::Offline {
            self.elsewhere.remove(&node);
        } else {
            self.elsewhere.insert(node, View { state: local.state, heard: now });
        }
        self.last_active = self.last_active.max(Some(local.active));
        if matches!(self.status, Status::Read(revision, _) if revision != local.status) {
            self.status = Status::Unread;
        }
    }

    /// The person is no more.
    pub(crate) fn leave(&mut self) {
        self.devices.clear();
        self.elsewhere.clear();
        self.last_active = None;
        self.status = Status::Read(0, None);
    }

    /// A device: one that was away too long comes anew, which is something done.
    fn device(&mut self, device: OwnedDeviceId, wanted: State, now: Timestamp) -> &mut Device {
        let fresh = Device { wanted, syncs: 0, seen: now, active: now };
        let device = self.devices.entry(device).or_insert(fresh);
        if device.is_gone(now) {
            device.active = now;
        }
        device
    }

    fn note_active(&mut self) {
        let visible = self.devices.values().filter(|device| device.wanted != State::Offline);
        self.last_active = self.last_active.max(visible.map(|device| device.active).max());
    }

    /// How present the person is on this node.
    pub(crate) fn local(&mut self, now: Timestamp) -> Local {
        self.devices.retain(|_, device| !device.is_gone(now));
        let state = self.devices.values().map(|device| device.state(now)).max().unwrap_or_default();
        let status = match &self.status {
            Status::Read(revision, _) => *revision,
            Status::Unread => 0,
        };
        Local { state, active: self.last_active.unwrap_or(now), status }
    }

    /// What is to be told of the person, on all nodes together.
    pub(crate) fn seen(&self, now: Timestamp) -> Seen {
        let here = self.devices.values().filter(|device| !device.is_gone(now));
        let here = here.map(|device| device.state(now));
        let elsewhere = self.elsewhere.values().filter(|view| view.holds(now));
        let state = here.chain(elsewhere.map(|view| view.state)).max().unwrap_or_default();
        let last_active_ago = self.last_active.map(|active| now.since(active));
        let recently = last_active_ago.is_some_and(|ago| ago < ACTIVE);
        let status = match &self.status {
            Status::Read(_, text) => text.clone(),
            Status::Unread => self.told.status.clone(),
        };
        Seen {
            state,
            currently_active: state == State::Online && recently,
            last_active_ago,
            status,
        }
    }

    /// Whether what is to be told is otherwise than what was. From now on, it was told.
    pub(crate) fn take_change(&mut self, now: Timestamp) -> bool {
        self.elsewhere.retain(|_, view| view.holds(now));
        let Seen { state, currently_active, status, .. } = self.seen(now);
        let told = Told { state, currently_active, status };
        let changed = told != self.told;
        if changed {
            self.told = told;
            self.changed = Some(now);
        }
        changed
    }

    /// Whether there is anything to know of the person.
    pub(crate) fn is_remembered(&self, now: Timestamp) -> bool {
        let absent = self.devices.is_empty() && self.elsewhere.is_empty();
        !absent || self.changed.is_some_and(|changed| now.since(changed) < REMEMBERED)
    }
}

impl Device {
    fn is_gone(&self, now: Timestamp) -> bool {
        self.syncs == 0 && now.since(self.seen) >= GONE
    }

    fn state(&self, now: Timestamp) -> State {
        match self.wanted {
            State::Online if now.since(self.active) >= IDLE => State::Unavailable,
            wanted => wanted,
        }
    }
}

impl View {
    fn holds(&self, now: Timestamp) -> bool {
        now.since(self.heard) < HEARSAY
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp(1_000_000);

    fn after(seconds: u64) -> Timestamp {
        START.plus(Duration::from_secs(seconds))
    }

    fn state(person: &Person, seconds: u64) -> State {
        person.seen(after(seconds)).state
    }

    #[test]
    fn somebody_is_there_while_they_sync_and_a_little_longer() {
        let mut person = Person::default();
        person.connect("PHONE".into(), State::Online, START);
        assert_eq!(state(&person, 60), State::Online);
        person.disconnect(&"PHONE".into(), after(60));
        assert_eq!(state(&person, 89), State::Online);
        assert_eq!(state(&person, 90), State::Offline);
    }

    #[test]
    fn who_does_nothing_is_idle_and_who_does_something_is_not() {
        let mut person = Person::default();
        person.connect("PHONE".into(), State::Online, START);
        assert_eq!(state(&person, 299), State::Online);
        // Asking for news is nothing done.
        person.connect("PHONE".into(), State::Online, after(299));
        assert_eq!(state(&person, 300), State::Unavailable);
        person.act("PHONE".into(), after(301));
        assert_eq!(state(&person, 302), State::Online);
    }

    #[test]
    fn a_person_is_as_present_as_their_most_present_device() {
        let mut person = Person::default();
        person.connect("PHONE".into(), State::Unavailable, START);
        assert_eq!(state(&person, 1), State::Unavailable);
        person.connect("DESK".into(), State::Online, START);
        assert_eq!(state(&person, 1), State::Online);
        person.set("DESK".into(), State::Offline, START);
        assert_eq!(state(&person, 1), State::Unavailable);
        person.act("PHONE".into(), after(2));
        assert_eq!(state(&person, 2), State::Online);
    }

    #[test]
    fn who_hides_stays_hidden_whatever_they_do() {
        let mut person = Person::default();
        person.connect("PHONE".into(), State::Offline, START);
        person.act("PHONE".into(), after(1));
        let seen = person.seen(after(1));
        assert_eq!((seen.state, seen.currently_active, seen.last_active_ago), Default::default());
    }

    #[test]
    fn activity_is_told_for_a_minute_and_its_age_exactly() {
        let mut person = Person::default();
        person.connect("PHONE".into(), State::Online, START);
        let seen = |seconds| {
            let seen = person.seen(after(seconds));
            (seen.currently_active, seen.last_active_ago.unwrap().as_secs())
        };
        assert_eq!([seen(0), seen(59), seen(60)], [(true, 0), (true, 59), (false, 60)]);
    }

    #[test]
    fn what_other_nodes_say_counts_until_it_is_old() {
        let mut person = Person::default();
        let local = |state| Local { state, active: START, status: 0 };
        person.hear(7, local(State::Online), START);
        assert_eq!(state(&person, 149), State::Online);
        assert_eq!(state(&person, 150), State::Offline);
        person.hear(7, local(State::Online), after(150));
        person.hear(8, local(State::Unavailable), after(150));
        person.hear(7, local(State::Offline), after(151));
        assert_eq!(state(&person, 151), State::Unavailable);
    }

    #[test]
    fn a_change_is_taken_once() {
        let mut person = Person::default();
        assert!(!person.take_change(START));
        person.connect("PHONE".into(), State::Online, START);
        assert!(person.take_change(START));
        assert!(!person.take_change(after(1)));
        assert!(person.take_change(after(60)), "no longer active");
        person.disconnect(&"PHONE".into(), after(60));
        assert!(person.take_change(after(90)), "gone");
        person.local(after(90));
        assert!(person.is_remembered(after(91)) && !person.is_remembered(after(90 + 3600)));
    }
}
