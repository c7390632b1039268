//! What syncs remember of a connected person, so that the next one need not read it again.
//!
//! All of it can be lost at any moment: it is read or counted anew.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use attention::{Basis, Unread};
use base::number::{EventNo, LogPosition, RoomNo};
use parking_lot::Mutex;
use ruma_common::push::Ruleset;
use ruma_common::{DeviceId, OwnedDeviceId, OwnedUserId};

use crate::KeysLeft;

/// Members remembered as sent to a device; beyond, they are sent again.
const MEMBERS: usize = 10_000;

/// People whom a person ignores.
pub(crate) type Ignored = Arc<HashSet<OwnedUserId>>;

/// Rooms that the person's data says are direct.
pub(crate) type Direct = Arc<HashSet<RoomNo>>;
/// The tags of rooms that have any.
pub(crate) type Tags = Arc<HashMap<RoomNo, Vec<String>>>;

/// What syncs remember of a person.
#[derive(Default)]
pub(crate) struct Memory {
    /// Whom the person ignores.
    pub(crate) ignored: Kept<Ignored>,
    /// Which of their rooms are direct.
    pub(crate) direct: Kept<Direct>,
    /// How they tagged their rooms.
    pub(crate) tags: Kept<Tags>,
    counts: Mutex<Counts>,
    devices: Mutex<HashMap<OwnedDeviceId, DeviceMemory>>,
}

/// What was counted, and by what.
#[derive(Default)]
struct Counts {
    basis: Option<Arc<Basis>>,
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

/// Something that was read, until it changes.
#[derive(Default)]
pub(crate) struct Kept<T>(Mutex<(u64, Option<T>)>);

impl<T: Clone> Kept<T> {
    /// What was read, or the version under which to keep what is read now.
    pub(crate) fn get(&self) -> Result<T, u64> {
        let kept = self.0.lock();
        kept.1.clone().ok_or(kept.0)
    }

    /// Keeps what was read, unless it changed since `version` was given.
    pub(crate) fn keep(&self, version: u64, read: &T) {
        let mut kept = self.0.lock();
        if kept.0 == version {
            kept.1 = Some(read.clone());
        }
    }

    /// It changed.
    pub(crate) fn forget(&self) {
        let mut kept = self.0.lock();
        *kept = (kept.0 + 1, None);
    }
}

impl Memory {
    /// Global account data changed.
    pub(crate) fn forget_account_data(&self) {
        self.ignored.forget();
        self.direct.forget();
    }

    /// By what the person's events are asked. What was counted by another basis is counted anew.
    pub(crate) fn basis(&self, rules: &Arc<Ruleset>, ignored: &Ignored) -> Arc<Basis> {
        let mut counts = self.counts.lock();
        let same =
            |basis: &&Arc<Basis>| Arc::ptr_eq(&basis.rules, rules) && basis.ignored == *ignored;
        if let Some(basis) = counts.basis.as_ref().filter(same) {
            return Arc::clone(basis);
        }
        let basis = Arc::new(Basis::new(Arc::clone(rules), Arc::clone(ignored)));
        if counts.basis.as_ref().is_some_and(|old| !old.is_same(&basis)) {
            counts.unread.clear();
        }
        counts.basis = Some(Arc::clone(&basis));
        basis
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
