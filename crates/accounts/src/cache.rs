//! Sessions that were authenticated lately, by the hash of their access token.
//!
//! Bounded by two generations: when the young one is full it becomes the old one, and what is used
//! again moves back. Forgetting counts, so that what was read from the store before a session
//! ended is not remembered after.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use base::clock::Timestamp;
use parking_lot::RwLock;
use ruma_common::{DeviceId, OwnedDeviceId, OwnedUserId, UserId};

use crate::standing::Standing;
use crate::token::TokenHash;

/// Sessions in one generation at most.
const GENERATION: usize = 65_536;

/// A session as it was authenticated.
pub(crate) struct Cached {
    pub(crate) user_id: OwnedUserId,
    pub(crate) device_id: OwnedDeviceId,
    pub(crate) expires: Option<Timestamp>,
    /// How their account stands.
    pub(crate) standing: Standing,
    /// When it was last noted as used.
    pub(crate) seen: AtomicU64,
}

impl Cached {
    /// Whether a use at `now` is to be noted: once in every `step` at most, by one caller.
    pub(crate) fn is_news(&self, now: Timestamp, step: u64) -> bool {
        let seen = self.seen.load(Ordering::Relaxed);
        now.0 >= seen.saturating_add(step)
            && self.seen.compare_exchange(seen, now.0, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

/// How often sessions were forgotten when something was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Epoch(u64);

#[derive(Default)]
pub(crate) struct SessionCache(RwLock<Generations>);

#[derive(Default)]
struct Generations {
    epoch: u64,
    young: Generation,
    old: Generation,
}

#[derive(Default)]
struct Generation {
    sessions: HashMap<TokenHash, Arc<Cached>>,
    hashes: HashMap<(OwnedUserId, OwnedDeviceId), Vec<TokenHash>>,
}

impl SessionCache {
    /// The session of a token.
    pub(crate) fn get(&self, hash: &TokenHash) -> Option<Arc<Cached>> {
        let old = {
            let generations = self.0.read();
            if let Some(cached) = generations.young.sessions.get(hash) {
                return Some(cached.clone());
            }
            generations.old.sessions.contains_key(hash)
        };
        old.then(|| self.0.write().rejuvenate(hash)).flatten()
    }

    /// To be taken before reading from the store what will be remembered.
    pub(crate) fn epoch(&self) -> Epoch {
        Epoch(self.0.read().epoch)
    }

    /// Remembers a session, unless any was forgotten since `epoch`.
    pub(crate) fn remember(&self, hash: TokenHash, cached: Arc<Cached>, epoch: Epoch) {
        let mut generations = self.0.write();
        if generations.epoch == epoch.0 {
            generations.insert(hash, cached);
        }
    }

    /// Forgets what is known by a token: the store is asked the next time.
    pub(crate) fn forget_token(&self, hash: Option<TokenHash>) {
        let mut generations = self.0.write();
        if let Some(hash) = hash {
            generations.young.sessions.remove(&hash);
            generations.old.sessions.remove(&hash);
        }
    }

    /// Forgets what is known of a session.
    pub(crate) fn forget(&self, user: &UserId, device: &DeviceId) {
        let key = (user.to_owned(), device.to_owned());
        let mut generations = self.0.write();
        generations.epoch += 1;
        generations.young.forget(&key);
        generations.old.forget(&key);
    }

    /// Forgets what is known of all sessions of a person. Looks through everything: done when an
    /// administrator decides about somebody, which is seldom.
    pub(crate) fn forget_person(&self, user: &UserId) {
        let mut generations = self.0.write();
        generations.epoch += 1;
        generations.young.forget_person(user);
        generations.old.forget_person(user);
    }
}

impl Generations {
    fn insert(&mut self, hash: TokenHash, cached: Arc<Cached>) {
        if self.young.sessions.len() >= GENERATION {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(hash, cached);
    }

    fn rejuvenate(&mut self, hash: &TokenHash) -> Option<Arc<Cached>> {
        if let Some(cached) = self.young.sessions.get(hash) {
            return Some(cached.clone());
        }
        // Its other trace stays with the old generation, and goes with it.
        let cached = self.old.sessions.remove(hash)?;
        self.insert(*hash, cached.clone());
        Some(cached)
    }
}

impl Generation {
    fn insert(&mut self, hash: TokenHash, cached: Arc<Cached>) {
        let key = (cached.user_id.clone(), cached.device_id.clone());
        let hashes = self.hashes.entry(key).or_default();
        if !hashes.contains(&hash) {
            hashes.push(hash);
        }
        self.sessions.insert(hash, cached);
    }

    fn forget(&mut self, key: &(OwnedUserId, OwnedDeviceId)) {
        for hash in self.hashes.remove(key).unwrap_or_default() {
            self.sessions.remove(&hash);
        }
    }

    fn forget_person(&mut self, user: &UserId) {
        let theirs: Vec<_> =
            self.hashes.keys().filter(|(known, _)| known == user).cloned().collect();
        for key in &theirs {
            self.forget(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use ruma_common::{device_id, user_id};

    use super::*;

    fn cached(device: &DeviceId) -> Arc<Cached> {
        Arc::new(Cached {
            user_id: user_id!("@alice:example.org").to_owned(),
            device_id: device.to_owned(),
            expires: None,
            standing: Standing::default(),
            seen: AtomicU64::new(0),
        })
    }

    /// Remembers a session of a device of its own.
    fn remember(cache: &SessionCache, number: usize) {
        let device = OwnedDeviceId::from(format!("DEVICE{number}"));
        cache.remember(hash(number), cached(&device), cache.epoch());
    }

    fn hash(number: usize) -> TokenHash {
        let mut hash = [0; 32];
        hash[..8].copy_from_slice(&number.to_be_bytes());
        hash
    }

    #[test]
    fn a_forgotten_session_is_forgotten_in_both_generations() {
        let cache = SessionCache::default();
        for number in 0..=GENERATION {
            remember(&cache, number);
        }
        assert!(cache.0.read().old.sessions.contains_key(&hash(0)));
        for number in [0, GENERATION] {
            let device = OwnedDeviceId::from(format!("DEVICE{number}"));
            cache.forget(user_id!("@alice:example.org"), &device);
            assert!(cache.get(&hash(number)).is_none());
        }
        assert!(cache.get(&hash(1)).is_some());
    }

    #[test]
    fn all_sessions_of_a_person_are_forgotten_together() {
        let cache = SessionCache::default();
        for number in 0..=GENERATION {
            remember(&cache, number);
        }
        let before = cache.epoch();
        cache.forget_person(user_id!("@alice:example.org"));
        assert!([0, 1, GENERATION].iter().all(|number| cache.get(&hash(*number)).is_none()));
        cache.remember(hash(0), cached(device_id!("PHONE")), before);
        assert!(cache.get(&hash(0)).is_none());
    }

    #[test]
    fn what_was_read_before_a_session_ended_is_not_remembered() {
        let cache = SessionCache::default();
        let phone = device_id!("PHONE");
        let before = cache.epoch();
        cache.forget(user_id!("@alice:example.org"), phone);
        cache.remember(hash(0), cached(phone), before);
        assert!(cache.get(&hash(0)).is_none());
    }

    #[test]
    fn the_cache_is_bounded_and_keeps_what_is_used() {
        let cache = SessionCache::default();
        for number in 0..(GENERATION * 3) {
            remember(&cache, number);
            if number % 1000 == 0 {
                assert!(cache.get(&hash(0)).is_some());
            }
        }
        let generations = cache.0.read();
        assert!(
            generations.young.sessions.len() + generations.old.sessions.len() <= GENERATION * 2
        );
    }
}
