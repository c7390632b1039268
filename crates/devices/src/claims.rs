//! Claiming one-time keys: each is handed out once, oldest first.

use std::collections::{BTreeMap, BTreeSet};

use ruma_common::encryption::OneTimeKey;
use ruma_common::serde::Raw;
use ruma_common::{
    DeviceId, OneTimeKeyAlgorithm, OwnedDeviceId, OwnedOneTimeKeyId, OwnedServerName, OwnedUserId,
    UserId,
};
use serde_json::value::RawValue;
use store::{Batch, Direction, Prefix, Snapshot};

use crate::devices::{ATTEMPTS, Devices, Outcome, damaged};
use crate::error::DeviceError;
use crate::one_time_keys::record_keys;
use crate::reserved::Reserved;
use crate::tables::{
    CLAIMED_IDS, FALLBACK_KEYS, FallbackRow, ONE_TIME_COUNTS, ONE_TIME_KEYS, OneTimeRow,
};

/// Keys looked at together.
const PAGE: usize = 16;

/// Of which devices a key is wanted, and of which algorithm.
pub type Claim = BTreeMap<OwnedUserId, BTreeMap<OwnedDeviceId, OneTimeKeyAlgorithm>>;

/// A device's key by its id.
type DeviceKey = BTreeMap<OwnedOneTimeKeyId, Raw<OneTimeKey>>;

/// The keys that a claim got.
#[derive(Clone, Debug, Default)]
pub struct Claimed {
    /// By person and device; a device without keys is missing.
    pub keys: BTreeMap<OwnedUserId, BTreeMap<OwnedDeviceId, DeviceKey>>,
    /// Servers that this one does not ask.
    pub unreachable: BTreeSet<OwnedServerName>,
}

/// A claim being decided: what it saw, what it chose, what it will write.
struct Attempt<'a> {
    view: Snapshot,
    reserved: Reserved<'a>,
    batch: Batch,
}

impl Devices {
    /// Claims a key of each device asked for: its oldest one-time key, or else its fallback key.
    pub async fn claim_keys(&self, claim: &Claim) -> Result<Claimed, DeviceError> {
        for _ in 0..ATTEMPTS {
            let mut attempt = Attempt {
                view: self.0.store.snapshot().await?,
                reserved: self.0.reservations.begin(),
                batch: Batch::new(),
            };
            let mut claimed = Claimed::default();
            for (user, devices) in claim {
                if !self.is_ours(user) {
                    claimed.unreachable.insert(user.server_name().to_owned());
                    continue;
                }
                let mut keys = BTreeMap::new();
                for (device, algorithm) in devices {
                    if let Some((id, key)) = attempt.choose(user, device, algorithm).await? {
                        keys.insert(device.clone(), BTreeMap::from([read(&id, key)?]));
                    }
                }
                if !keys.is_empty() {
                    claimed.keys.insert(user.clone(), keys);
                }
            }
            let Attempt { batch, reserved: _reserved, .. } = attempt;
            if batch.is_empty() || self.commit(batch).await? == Outcome::Done {
                return Ok(claimed);
            }
        }
        Err(DeviceError::Busy)
    }
}

impl Attempt<'_> {
    async fn choose(
        &mut self,
        user: &UserId,
        device: &DeviceId,
        algorithm: &OneTimeKeyAlgorithm,
    ) -> Result<Option<(String, String)>, DeviceError> {
        let place = (user.to_string(), device.to_string(), algorithm.as_str().to_owned());
        if let Some((number, row)) = self.oldest(&place).await? {
            let (person, device_id, algorithm) = place.clone();
            let key = (person.clone(), device_id.clone(), algorithm, number);
            ONE_TIME_KEYS.check_equals(&mut self.batch, &key, &row)?;
            ONE_TIME_KEYS.delete(&mut self.batch, &key);
            CLAIMED_IDS.put(&mut self.batch, &(person, device_id, number), &row.id)?;
            ONE_TIME_COUNTS.add(&mut self.batch, &place, -1);
            record_keys(&mut self.batch, user, device)?;
            return Ok(Some((row.id, row.key)));
        }
        let Some(row) = FALLBACK_KEYS.get(&self.view, &place).await? else { return Ok(None) };
        if !row.used {
            FALLBACK_KEYS.check_equals(&mut self.batch, &place, &row)?;
            let marked = FallbackRow { used: true, ..row.clone() };
            FALLBACK_KEYS.put(&mut self.batch, &place, &marked)?;
            record_keys(&mut self.batch, user, device)?;
        }
        Ok(Some((row.id, row.key)))
    }

    /// The oldest key that no other claim has chosen.
    async fn oldest(
        &mut self,
        place: &(String, String, String),
    ) -> Result<Option<(u64, OneTimeRow)>, DeviceError> {
        let mut part = Prefix::of(place);
        loop {
            let rows = ONE_TIME_KEYS.scan(&self.view, &part, Direction::Forward, PAGE).await?;
            let Some((last, _)) = rows.last() else { return Ok(None) };
            part = Prefix::of(place).after(last);
            for (key, row) in rows {
                if self.reserved.take(&key) {
                    return Ok(Some((key.3, row)));
                }
            }
        }
    }
}

fn read(id: &str, key: String) -> Result<(OwnedOneTimeKeyId, Raw<OneTimeKey>), DeviceError> {
    let id = OwnedOneTimeKeyId::try_from(id);
    let id = id.map_err(|error| damaged(ONE_TIME_KEYS.name(), &error))?;
    let key = RawValue::from_string(key);
    let key = key.map_err(|error| damaged(ONE_TIME_KEYS.name(), &error))?;
    Ok((id, Raw::from_json(key)))
}
