//! What syncs remember of a connected person, so that the next one need not read it again.
//!
//! All of it can be lost at any moment: it is read or counted anew.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use base::number::{EventNo, LogPosition, RoomNo};
use parking_lot::Mutex;
use ruma_common::push::Ruleset;
use ruma_common::{DeviceId, OwnedDeviceId, OwnedUserId};

use crate::KeysLeft;
use crate::unread::Unread;

/// Members remembered as sent to a device; beyond, they are sent again.
const MEMBERS: usize = 10_000;

/// People whom a person ignores.
pub(crate) type Ignored = Arc<HashSet<OwnedUserId>>;

/// What syncs remember of a person.
#[derive(Default)]
pub(crate) struct Memory {
    ignored: Mutex<(u64, Option<Ignored>)>,
    counts: Mutex<Counts>,
    devices: Mutex<HashMap<OwnedDeviceId, DeviceMemory>>,
}

/// What was counted, and by which rules.
#[derive(Default)]
struct Counts {
    rules: Option<Arc<Ruleset>>,
    ignored: Option<Ignored>,
    unread: HashMap<RoomNo, Arc<Unread>>,
}

#[derive(Default)]
struct DeviceMemory {
    keys: Option<(LogPosition, Arc<KeysLeft>)>,
    /// Up to here, no message waits and none is to be removed.
    inbox_clear: Option<LogPosition>,
    /// Membership events that were sent, and up to where the answer went that held them.
    members: HashMap<EventNo, LogPosition>,
}

impl Memory {
    /// Whom the person ignores, or the version under which to keep what is read now.
    pub(crate) fn ignored(&self) -> Result<Ignored, u64> {
        let ignored = self.ignored.lock();
        ignored.1.clone().ok_or(ignored.0)
    }

    /// Keeps whom the person ignores, unless that changed since `version` was given.
    pub(crate) fn keep_ignored(&self, version: u64, read: &Ignored) {
        let mut ignored = self.ignored.lock();
        if ignored.0 == version {
            ignored.1 = Some(Arc::clone(read));
        }
    }

    /// Global account data changed.
    pub(crate) fn forget_ignored(&self) {
        let mut ignored = self.ignored.lock();
        *ignored = (ignored.0 + 1, None);
    }

    /// What is counted from now on is counted by these rules: what was counted by others is lost.
    pub(crate) fn count_by(&self, rules: &Arc<Ruleset>, ignored: &Ignored) {
        let mut counts = self.counts.lock();
        let same_rules = counts.rules.as_ref().is_none_or(|old| same(old, rules));
        let same_people = counts.ignored.as_ref().is_none_or(|old| old == ignored);
        if !(same_rules && same_people) {
            counts.unread.clear();
        }
        counts.rules = Some(Arc::clone(rules));
        counts.ignored = Some(Arc::clone(ignored));
    }

    /// What was counted in a room, to go on from.
    pub(crate) fn unread(&self, room: RoomNo) -> Option<Arc<Unread>> {
        self.counts.lock().unread.get(&room).cloned()
    }

    /// Keeps what was counted in a room, unless others came further meanwhile.
    pub(crate) fn keep_unread(&self, room: RoomNo, unread: &Arc<Unread>) {
        let mut counts = self.counts.lock();
        if counts.unread.get(&room).is_none_or(|kept| kept.at <= unread.at) {
            counts.unread.insert(room, Arc::clone(unread));
        }
    }

    /// Which keys of a device are left, when that was read at or after `changed`.
    pub(crate) fn keys(
        &self,
        device: &DeviceId,
        changed: Option<LogPosition>,
    ) -> Option<Arc<KeysLeft>> {
        let devices = self.devices.lock();
        let (read, keys) = devices.get(device)?.keys.as_ref()?;
        changed.is_none_or(|changed| changed <= *read).then(|| Arc::clone(keys))
    }

    /// Keeps which keys of a device are left, as it was at `read` or later.
    pub(crate) fn keep_keys(&self, device: &DeviceId, read: LogPosition, keys: Arc<KeysLeft>) {
        self.with(device, |memory| memory.keys = Some((read, keys)));
    }

    /// Whether nothing can wait for a device, `arrived` being when the last message came.
    pub(crate) fn is_inbox_clear(&self, device: &DeviceId, arrived: Option<LogPosition>) -> bool {
        let devices = self.devices.lock();
        let clear = devices.get(device).and_then(|memory| memory.inbox_clear);
        clear.is_some_and(|clear| arrived.is_none_or(|arrived| arrived <= clear))
    }

    /// Keeps that nothing waits for a device up to a position.
    pub(crate) fn keep_inbox_clear(&self, device: &DeviceId, upto: LogPosition) {
        self.with(device, |memory| memory.inbox_clear = Some(upto));
    }

    /// A device has come to `since`: what was sent to it beyond may never have reached it.
    pub(crate) fn rewind(&self, device: &DeviceId, since: LogPosition) {
        if let Some(memory) = self.devices.lock().get_mut(device) {
            memory.members.retain(|_, sent| *sent <= since);
        }
    }

    /// Whether a device was sent a membership event before.
    pub(crate) fn was_sent(&self, device: &DeviceId, member: EventNo) -> bool {
        self.devices.lock().get(device).is_some_and(|memory| memory.members.contains_key(&member))
    }

    /// Keeps that membership events are sent to a device in an answer up to a position.
    pub(crate) fn keep_sent(
        &self,
        device: &DeviceId,
        members: impl IntoIterator<Item = EventNo>,
        upto: LogPosition,
    ) {
        self.with(device, |memory| {
            for member in members {
                memory.members.entry(member).or_insert(upto);
            }
            if memory.members.len() > MEMBERS {
                memory.members.clear();
            }
        });
    }

    /// A session of the device began or ended.
    pub(crate) fn forget_device(&self, device: &DeviceId) {
        self.devices.lock().remove(device);
    }

    fn with(&self, device: &DeviceId, change: impl FnOnce(&mut DeviceMemory)) {
        change(self.devices.lock().entry(device.to_owned()).or_default());
    }
}

/// Whether two rulesets say the same. Nearly always they are the same one.
fn same(one: &Arc<Ruleset>, other: &Arc<Ruleset>) -> bool {
    let text = |rules: &Ruleset| serde_json::to_string(rules).ok();
    Arc::ptr_eq(one, other) || text(one) == text(other)
}
