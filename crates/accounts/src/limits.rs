//! How often something may be tried, per account and per address.
//!
//! One instant per key (the generic cell rate algorithm), in memory, bounded. Keys are hashed with
//! a random key of this process: neither names nor addresses stay, and nobody can aim at a slot.
//! Each node of a cluster counts for itself: whoever reaches N of them has N times as many tries.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::net::IpAddr;
use std::time::Duration;

use base::clock::Timestamp;
use parking_lot::Mutex;

use crate::error::AccountError;
use crate::settings::Rate;

/// Keys remembered at most; those nearest to being forgiven go first.
const KEYS_HELD: usize = 65_536;

/// A limit on one kind of try.
pub(crate) struct Limiter {
    rate: Option<Rate>,
    keys: RandomState,
    /// When each key has earned everything back.
    forgiven: Mutex<HashMap<u64, Timestamp>>,
}

impl Limiter {
    pub(crate) fn new(rate: Option<Rate>) -> Self {
        Self { rate, keys: RandomState::new(), forgiven: Mutex::default() }
    }

    /// Counts a try; refused when there were too many.
    pub(crate) fn charge(&self, key: &impl Hash, now: Timestamp) -> Result<(), AccountError> {
        let Some(rate) = self.rate else { return Ok(()) };
        let key = self.keys.hash_one(key);
        let mut forgiven = self.forgiven.lock();
        let owed = forgiven.get(&key).copied().unwrap_or(now).max(now);
        let allowed = now.plus(rate.every.saturating_mul(rate.burst));
        let next = owed.plus(rate.every);
        if next > allowed {
            return Err(AccountError::LimitExceeded { retry_after: next.since(allowed) });
        }
        if forgiven.len() >= KEYS_HELD {
            make_room(&mut forgiven, now);
        }
        forgiven.insert(key, next);
        Ok(())
    }

    /// Takes back a try that was no guess.
    pub(crate) fn refund(&self, key: &impl Hash) {
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

/// What is counted as one address: whoever has one of IPv6 has a whole /64.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            std::net::Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
    }
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
        match limiter.charge(&key, now) {
            Err(AccountError::LimitExceeded { retry_after }) => Some(retry_after),
            _ => None,
        }
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

    #[test]
    fn neighbours_in_an_ipv6_network_count_as_one() {
        let of = |text: &str| network(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
    }
}
