//! How often something may be done, per person or per address.
//!
//! One instant per key (the generic cell rate algorithm), in memory, bounded. Keys are hashed with
//! a random key of this process: neither names nor addresses stay, and nobody can aim at a slot.
//! Each node of a cluster counts for itself: whoever reaches N of them has N times as many tries.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::time::Duration;

use parking_lot::Mutex;

use crate::clock::Timestamp;

/// Keys remembered at most; those nearest to being forgiven go first.
const KEYS_HELD: usize = 65_536;

/// So many at once, then one every so often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many at once.
    pub burst: u32,
    /// How long until the next is earned.
    pub every: Duration,
}

impl Rate {
    /// So many in a minute, which may come all at once; `None`, which is no limit, for none.
    pub fn per_minute(times: u32) -> Option<Self> {
        (times > 0).then(|| Self { burst: times, every: Duration::from_mins(1) / times })
    }
}

/// It was done too often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooOften {
    /// When to try again.
    pub retry_after: Duration,
}

/// A limit on one kind of thing.
pub struct Limiter {
    rate: Option<Rate>,
    keys: RandomState,
    /// When each key has earned everything back.
    forgiven: Mutex<HashMap<u64, Timestamp>>,
}

impl Limiter {
    /// A limit; `None` is none.
    pub fn new(rate: Option<Rate>) -> Self {
        Self { rate, keys: RandomState::new(), forgiven: Mutex::default() }
    }

    /// Counts one more; refused when there were too many.
    pub fn charge(&self, key: &impl Hash, now: Timestamp) -> Result<(), TooOften> {
        let Some(rate) = self.rate else { return Ok(()) };
        let key = self.keys.hash_one(key);
        let mut forgiven = self.forgiven.lock();
        let owed = forgiven.get(&key).copied().unwrap_or(now).max(now);
        let allowed = now.plus(rate.every.saturating_mul(rate.burst));
        let next = owed.plus(rate.every);
        if next > allowed {
            return Err(TooOften { retry_after: next.since(allowed) });
        }
        if forgiven.len() >= KEYS_HELD {
            make_room(&mut forgiven, now);
        }
        forgiven.insert(key, next);
        Ok(())
    }

    /// Takes one back.
    pub fn refund(&self, key: &impl Hash) {
        let Some(rate) = self.rate else { return };
        if let Some(owed) = self.forgiven.lock().get_mut(&self.keys.hash_one(key)) {
            *owed = Timestamp(owed.0.saturating_sub(millis(rate.every)));
        }
    }
}

/// Forgets who owes nothing, and, if that is not enough, the half that owes least.
fn make_room(forgiven: &mut HashMap<u64, Timestamp>, now: Timestamp) {
    forgiven.retain(|_, owed| *owed > now);
    if forgiven.len() < KEYS_HELD {
        return;
    }
    let mut owed: Vec<_> = forgiven.values().copied().collect();
    let middle = owed.len() / 2;
    let (_, median, _) = owed.select_nth_unstable(middle);
    let median = *median;
    forgiven.retain(|_, owed| *owed > median);
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_000_000);
    const RATE: Rate = Rate { burst: 3, every: Duration::from_secs(10) };

    fn refused(limiter: &Limiter, key: &str, now: Timestamp) -> Option<Duration> {
        limiter.charge(&key, now).err().map(|refused| refused.retry_after)
    }

    #[test]
    fn a_burst_is_allowed_then_one_every_so_often() {
        let limiter = Limiter::new(Some(RATE));
        for _ in 0..3 {
            assert_eq!(refused(&limiter, "alice", NOW), None);
        }
        assert_eq!(refused(&limiter, "alice", NOW), Some(Duration::from_secs(10)));
        assert_eq!(refused(&limiter, "bob", NOW), None);
        let later = NOW.plus(Duration::from_secs(10));
        assert_eq!(refused(&limiter, "alice", later), None);
        assert_eq!(refused(&limiter, "alice", later), Some(Duration::from_secs(10)));
    }

    #[test]
    fn a_refunded_try_does_not_count() {
        let limiter = Limiter::new(Some(RATE));
        for _ in 0..100 {
            assert_eq!(refused(&limiter, "alice", NOW), None);
            limiter.refund(&"alice");
        }
    }

    #[test]
    fn what_is_remembered_is_bounded_and_the_worst_are_kept() {
        let limiter = Limiter::new(Some(RATE));
        for _ in 0..3 {
            assert_eq!(refused(&limiter, "guesser", NOW), None);
        }
        for other in 0..(KEYS_HELD * 2) {
            assert!(limiter.charge(&other, NOW).is_ok());
        }
        assert!(limiter.forgiven.lock().len() <= KEYS_HELD);
        assert!(refused(&limiter, "guesser", NOW).is_some());
    }
}
