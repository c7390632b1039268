//! Push rules in memory, forgotten when the log says that they changed, on whichever node.
//!
//! Whoever asks for rules reads first what the log tells since somebody last did, so they are never
//! older than what the node knows of the log: a sync that tells up to a position counts by rules of
//! that position or later. Nothing runs beside the requests.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use base::change::Change;
use base::number::LogPosition;
use moka::sync::Cache;
use parking_lot::Mutex;
use ruma_common::push::Ruleset;
use ruma_common::{OwnedUserId, UserId};
use store::LogEntry;

use crate::account_data::{PUSH_RULES, data_type};
use crate::devices::Devices;
use crate::error::DeviceError;

/// Rulesets held in memory at most.
const HELD: u64 = 10_000;
/// Log records read at a time.
const PAGE: usize = 512;
/// Log records behind which everything is forgotten rather than read.
const FAR: u64 = 8 * PAGE as u64;

/// Rulesets in memory. One that was read before a change and arrives after it is not kept.
pub(crate) struct RulesetCache {
    rulesets: Cache<OwnedUserId, Arc<Ruleset>>,
    /// How many changes were made.
    changes: Mutex<u64>,
    /// How far the log was followed.
    followed: AtomicU64,
    /// Held by whoever follows it.
    turn: tokio::sync::Mutex<()>,
}

impl RulesetCache {
    /// Nothing, as of a position in the log.
    pub(crate) fn at(position: LogPosition) -> Self {
        Self {
            rulesets: Cache::new(HELD),
            changes: Mutex::default(),
            followed: AtomicU64::new(position.0),
            turn: tokio::sync::Mutex::default(),
        }
    }

    pub(crate) fn get(&self, user: &UserId) -> Option<Arc<Ruleset>> {
        self.rulesets.get(user)
    }

    pub(crate) fn changes(&self) -> u64 {
        *self.changes.lock()
    }

    pub(crate) fn keep(&self, user: &UserId, ruleset: &Arc<Ruleset>, changes: u64) {
        let now = self.changes.lock();
        if *now == changes {
            self.rulesets.insert(user.to_owned(), Arc::clone(ruleset));
        }
    }

    pub(crate) fn forget(&self, user: &UserId) {
        let mut changes = self.changes.lock();
        *changes += 1;
        self.rulesets.invalidate(user);
    }

    fn forget_all(&self) {
        let mut changes = self.changes.lock();
        *changes += 1;
        self.rulesets.invalidate_all();
    }

    fn take(&self, entry: &LogEntry) {
        match journal::decode(entry) {
            Ok(Change::AccountData { user, room: None, kind }) if kind == data_type(PUSH_RULES) => {
                self.forget(&user);
            }
            // Whose devices changed may have left, and their rules with them.
            Ok(Change::DeviceList { user } | Change::Erased { user }) => self.forget(&user),
            Ok(_) => {}
            // Of a newer version: it may concern anybody.
            Err(_) => self.forget_all(),
        }
    }
}

impl Devices {
    /// Forgets rules that changed, as far as this node knows of the log.
    pub(crate) async fn follow_push_rules(&self) -> Result<(), DeviceError> {
        let (store, cache) = (&self.0.store, &self.0.rulesets);
        let end = store.log_end();
        if cache.followed.load(Ordering::SeqCst) >= end.0 {
            return Ok(());
        }
        let _turn = cache.turn.lock().await;
        loop {
            let after = cache.followed.load(Ordering::SeqCst);
            if after >= end.0 {
                return Ok(());
            }
            if end.0 - after > FAR {
                cache.forget_all();
                cache.followed.store(end.0, Ordering::SeqCst);
                return Ok(());
            }
            let entries = store.read_log(LogPosition(after), PAGE).await?;
            let Some(last) = entries.last() else { return Ok(()) };
            for entry in &entries {
                cache.take(entry);
            }
            cache.followed.store(last.position.0, Ordering::SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    use ruma_common::user_id;

    use super::*;

    #[test]
    fn rules_read_before_a_change_and_arriving_after_it_are_not_kept() {
        let (cache, alice) = (RulesetCache::at(LogPosition(0)), user_id!("@alice:s.example"));
        let rules = Arc::new(Ruleset::server_default(alice));
        let before = cache.changes();
        cache.forget(alice);
        cache.keep(alice, &rules, before);
        assert!(cache.get(alice).is_none());
        cache.keep(alice, &rules, cache.changes());
        assert!(cache.get(alice).is_some());
    }
}
