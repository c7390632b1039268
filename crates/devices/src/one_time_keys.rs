//! One-time keys and fallback keys: kept in the order of upload, and counted.

use std::collections::{BTreeMap, BTreeSet};

use base::change::Change;
use ruma_common::encryption::OneTimeKey;
use ruma_common::serde::Raw;
use ruma_common::{DeviceId, OneTimeKeyAlgorithm, OwnedOneTimeKeyId, UserId};
use sha2::{Digest, Sha256};
use store::{Batch, Direction, Prefix};

use crate::devices::Devices;
use crate::error::DeviceError;
use crate::tables::{
    CLAIMED_IDS, FALLBACK_KEYS, FallbackRow, ONE_TIME_COUNTS, ONE_TIME_IDS, ONE_TIME_KEYS,
    ONE_TIME_NEXT, OneTimeIdRow, OneTimeRow,
};

/// One-time keys that a device may have waiting, of each algorithm.
const HELD: u64 = 1_000;
/// Ids of claimed keys that are remembered for each device: more than a device uploads at once.
const REMEMBERED: usize = 256;
/// Ids forgotten with one upload at most.
const FORGOTTEN_AT_ONCE: usize = 256;

/// How many one-time keys a device has left, by algorithm.
pub type KeyCounts = BTreeMap<OneTimeKeyAlgorithm, u64>;

/// Keys of an upload, read and checked.
pub(crate) struct OneTimeKeys(Vec<NewKey>);

struct NewKey {
    id: String,
    algorithm: String,
    text: String,
}

impl OneTimeKeys {
    pub(crate) fn parse(
        keys: &BTreeMap<OwnedOneTimeKeyId, Raw<OneTimeKey>>,
    ) -> Result<Self, DeviceError> {
        keys.iter().map(|(id, key)| NewKey::parse(id, key)).collect::<Result<_, _>>().map(Self)
    }

    /// Fallback keys: at most one of each algorithm.
    pub(crate) fn require_one_each(&self) -> Result<(), DeviceError> {
        let mut seen = BTreeSet::new();
        match self.0.iter().find(|key| !seen.insert(&key.algorithm)) {
            Some(key) => {
                let message = format!("two fallback keys of algorithm {}", key.algorithm);
                Err(DeviceError::Invalid(message))
            }
            None => Ok(()),
        }
    }
}

impl NewKey {
    fn parse(id: &OwnedOneTimeKeyId, key: &Raw<OneTimeKey>) -> Result<Self, DeviceError> {
        let malformed = |error: &dyn std::fmt::Display| {
            DeviceError::Malformed(format!("one-time key {id}: {error}"))
        };
        let parsed = key.deserialize().map_err(|error| malformed(&error))?;
        let algorithm = id.algorithm();
        if algorithm == OneTimeKeyAlgorithm::SignedCurve25519
            && !matches!(parsed, OneTimeKey::SignedKey(_))
        {
            return Err(malformed(&"a signed key is an object with signatures"));
        }
        let text = ruma_common::serde::from_raw_json_value(key.json())
            .map(|value: ruma_common::CanonicalJsonValue| value.to_string())
            .map_err(|error: serde_json::Error| malformed(&error))?;
        Ok(Self { id: id.to_string(), algorithm: algorithm.as_str().to_owned(), text })
    }

    fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.text.as_bytes()).into()
    }
}

impl Devices {
    /// How many one-time keys a device has left. `signed_curve25519` is always named: a client that
    /// sees no count does not know whether to upload.
    pub async fn one_time_key_counts(
        &self,
        user: &UserId,
        device: &DeviceId,
    ) -> Result<KeyCounts, DeviceError> {
        let part = Prefix::of(&(user.to_string(), device.to_string()));
        let rows = ONE_TIME_COUNTS.all(&self.0.store, &part).await?;
        let mut counts = KeyCounts::from([(OneTimeKeyAlgorithm::SignedCurve25519, 0)]);
        for ((_, _, algorithm), count) in rows {
            counts.insert(algorithm.into(), u64::try_from(count).unwrap_or(0));
        }
        Ok(counts)
    }

    /// The algorithms of which a device has a fallback key that was not handed out yet.
    pub async fn unused_fallback_key_types(
        &self,
        user: &UserId,
        device: &DeviceId,
    ) -> Result<Vec<OneTimeKeyAlgorithm>, DeviceError> {
        let part = Prefix::of(&(user.to_string(), device.to_string()));
        let rows = FALLBACK_KEYS.all(&self.0.store, &part).await?;
        let unused = rows.into_iter().filter(|(_, row)| !row.used);
        Ok(unused.map(|((_, _, algorithm), _)| algorithm.into()).collect())
    }

    pub(crate) async fn stage_one_time_keys(
        &self,
        batch: &mut Batch,
        user: &UserId,
        device: &DeviceId,
        keys: &OneTimeKeys,
    ) -> Result<(), DeviceError> {
        let new = self.new_keys(user, device, keys).await?;
        if new.is_empty() {
            return Ok(());
        }
        let place = (user.to_string(), device.to_string());
        let next = ONE_TIME_NEXT.get(&self.0.store, &place).await?;
        ONE_TIME_NEXT.check(batch, &place, next.as_ref())?;
        let first = next.unwrap_or(1);
        let (person, device_id) = place.clone();
        for (number, key) in (first..).zip(&new) {
            let id = (person.clone(), device_id.clone(), key.id.clone());
            ONE_TIME_IDS.check_absent(batch, &id);
            ONE_TIME_IDS.put(batch, &id, &OneTimeIdRow { hash: key.hash() })?;
            let row = OneTimeRow { id: key.id.clone(), key: key.text.clone() };
            let place = (person.clone(), device_id.clone(), key.algorithm.clone(), number);
            ONE_TIME_KEYS.put(batch, &place, &row)?;
            let count = (person.clone(), device_id.clone(), key.algorithm.clone());
            ONE_TIME_COUNTS.add(batch, &count, 1);
        }
        ONE_TIME_NEXT.put(batch, &place, &(first + new.len() as u64))?;
        self.forget_oldest_claimed(batch, user, device).await?;
        record_keys(batch, user, device)
    }

    /// The keys of an upload that are not known yet.
    async fn new_keys<'k>(
        &self,
        user: &UserId,
        device: &DeviceId,
        keys: &'k OneTimeKeys,
    ) -> Result<Vec<&'k NewKey>, DeviceError> {
        if keys.0.is_empty() {
            return Ok(Vec::new());
        }
        let id = |key: &NewKey| (user.to_string(), device.to_string(), key.id.clone());
        let ids: Vec<_> = keys.0.iter().map(id).collect();
        let known = ONE_TIME_IDS.get_many(&self.0.store, &ids).await?;
        let mut counts = self.one_time_key_counts(user, device).await?;
        let mut new = Vec::with_capacity(keys.0.len());
        for (key, known) in keys.0.iter().zip(known) {
            match known {
                Some(known) if known.hash == key.hash() => {}
                Some(_) => {
                    let message = format!("one-time key {} exists with another value", key.id);
                    return Err(DeviceError::Invalid(message));
                }
                None => {
                    let count = counts.entry(key.algorithm.as_str().into()).or_default();
                    *count += 1;
                    if *count > HELD {
                        let message = format!("more than {HELD} one-time keys");
                        return Err(DeviceError::Invalid(message));
                    }
                    new.push(key);
                }
            }
        }
        Ok(new)
    }

    async fn forget_oldest_claimed(
        &self,
        batch: &mut Batch,
        user: &UserId,
        device: &DeviceId,
    ) -> Result<(), DeviceError> {
        let part = Prefix::of(&(user.to_string(), device.to_string()));
        let limit = REMEMBERED + FORGOTTEN_AT_ONCE;
        let claimed = CLAIMED_IDS.scan(&self.0.store, &part, Direction::Forward, limit).await?;
        let surplus = claimed.len().saturating_sub(REMEMBERED);
        for ((person, device, number), id) in claimed.into_iter().take(surplus) {
            ONE_TIME_IDS.delete(batch, &(person.clone(), device.clone(), id));
            CLAIMED_IDS.delete(batch, &(person, device, number));
        }
        Ok(())
    }

    pub(crate) async fn stage_fallback_keys(
        &self,
        batch: &mut Batch,
        user: &UserId,
        device: &DeviceId,
        keys: &OneTimeKeys,
    ) -> Result<(), DeviceError> {
        let mut changed = false;
        for key in &keys.0 {
            let place = (user.to_string(), device.to_string(), key.algorithm.clone());
            let was = FALLBACK_KEYS.get(&self.0.store, &place).await?;
            // The same key again keeps its mark: it was handed out all the same.
            if was.as_ref().is_some_and(|was| was.id == key.id && was.key == key.text) {
                continue;
            }
            FALLBACK_KEYS.check(batch, &place, was.as_ref())?;
            let row = FallbackRow { id: key.id.clone(), key: key.text.clone(), used: false };
            FALLBACK_KEYS.put(batch, &place, &row)?;
            changed = true;
        }
        if changed { record_keys(batch, user, device) } else { Ok(()) }
    }
}

/// Tells that a device's counts, or its unused fallback keys, changed.
pub(crate) fn record_keys(
    batch: &mut Batch,
    user: &UserId,
    device: &DeviceId,
) -> Result<(), DeviceError> {
    let change = Change::OneTimeKeys { user: user.to_owned(), device: device.to_owned() };
    Ok(journal::record(batch, &change)?)
}
