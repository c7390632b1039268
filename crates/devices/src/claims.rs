//! Claiming one-time keys: each is handed out once, oldest first.

use std::collections::{BTreeMap, BTreeSet};

use ruma_common::encryption::OneTimeKey;
use ruma_common::serde::Raw;
use ruma_common::{
    OneTimeKeyAlgorithm, OwnedDeviceId, OwnedOneTimeKeyId, OwnedServerName, OwnedUserId,
};
use serde_json::value::RawValue;
use store::{Batch, Direction, Prefix, Snapshot};

use crate::devices::{ATTEMPTS, Devices, Outcome, damaged};
use crate::error::DeviceError;
use crate::one_time_keys::record_keys;
use crate::reserved::{OneTimeKeyPlace, Reserved};
use crate::tables::{
    CLAIMED_IDS, FALLBACK_KEYS, FallbackRow, ONE_TIME_COUNTS, ONE_TIME_KEYS, OneTimeRow,
};

/// Keys of each device looked at first: claims that run together seldom choose more.
const LOOKED_AT: usize = 4;
/// Keys looked at together beyond them.
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

/// Whose key is asked for, and where such keys are: person, device, algorithm.
struct Wanted<'a> {
    user: &'a OwnedUserId,
    device: &'a OwnedDeviceId,
    place: (String, String, String),
}

/// A key that was chosen: its id and its text.
type Chosen = (String, String);

/// A claim being decided: what it saw, what it chose, what it will write.
struct Attempt<'a> {
    view: Snapshot,
    reserved: Reserved<'a>,
    batch: Batch,
}

impl Devices {
    /// Claims a key of each device asked for: its oldest one-time key, or else its fallback key.
    pub async fn claim_keys(&self, claim: &Claim) -> Result<Claimed, DeviceError> {
        let is_ours = |(user, _): &(&OwnedUserId, _)| self.is_ours(user);
        let (ours, others): (Vec<_>, Vec<_>) = claim.iter().partition(is_ours);
        let unreachable = others.into_iter().map(|(user, _)| user.server_name().to_owned());
        let mut claimed = Claimed { unreachable: unreachable.collect(), ..Claimed::default() };
        let wanted: Vec<_> = ours.into_iter().flat_map(wanted).collect();
        for (wanted, chosen) in wanted.iter().zip(self.hand_out(&wanted).await?) {
            if let Some((id, key)) = chosen {
                let keys = claimed.keys.entry(wanted.user.clone()).or_default();
                keys.insert(wanted.device.clone(), BTreeMap::from([read(&id, key)?]));
            }
        }
        Ok(claimed)
    }

    async fn hand_out(&self, wanted: &[Wanted<'_>]) -> Result<Vec<Option<Chosen>>, DeviceError> {
        for _ in 0..ATTEMPTS {
            let mut attempt = Attempt {
                view: self.0.store.snapshot().await?,
                reserved: self.0.reservations.begin(),
                batch: Batch::new(),
            };
            let chosen = attempt.choose(wanted).await?;
            let Attempt { batch, reserved: _reserved, .. } = attempt;
            if batch.is_empty() || self.commit(batch).await? == Outcome::Done {
                return Ok(chosen);
            }
        }
        Err(DeviceError::Busy)
    }
}

fn wanted<'a>(
    (user, devices): (&'a OwnedUserId, &'a BTreeMap<OwnedDeviceId, OneTimeKeyAlgorithm>),
) -> impl Iterator<Item = Wanted<'a>> {
    devices.iter().map(move |(device, algorithm)| {
        let place = (user.to_string(), device.to_string(), algorithm.as_str().to_owned());
        Wanted { user, device, place }
    })
}

impl Attempt<'_> {
    /// Chooses a key of each device that has one.
    async fn choose(&mut self, wanted: &[Wanted<'_>]) -> Result<Vec<Option<Chosen>>, DeviceError> {
        let places: Vec<_> = wanted.iter().map(|wanted| wanted.place.clone()).collect();
        let parts: Vec<_> = places.iter().map(Prefix::of).collect();
        let (view, forward) = (&self.view, Direction::Forward);
        let first = ONE_TIME_KEYS.scan_each(view, &parts, forward, LOOKED_AT).await?;
        let fallback = FALLBACK_KEYS.get_many(view, &places).await?;
        let mut chosen = Vec::with_capacity(wanted.len());
        for ((wanted, first), fallback) in wanted.iter().zip(first).zip(fallback) {
            chosen.push(match self.oldest(wanted, first).await? {
                Some((number, row)) => Some(self.take(wanted, number, row)?),
                None => fallback.map(|row| self.lend(wanted, row)).transpose()?,
            });
        }
        Ok(chosen)
    }

    /// The oldest key that no other claim has chosen, of which the first are at hand.
    async fn oldest(
        &mut self,
        wanted: &Wanted<'_>,
        mut rows: Vec<(OneTimeKeyPlace, OneTimeRow)>,
    ) -> Result<Option<(u64, OneTimeRow)>, DeviceError> {
        loop {
            let Some((last, _)) = rows.last() else { return Ok(None) };
            let rest = Prefix::of(&wanted.place).after(last);
            for (key, row) in rows {
                if self.reserved.take(&key) {
                    return Ok(Some((key.3, row)));
                }
            }
            rows = ONE_TIME_KEYS.scan(&self.view, &rest, Direction::Forward, PAGE).await?;
        }
    }

    /// Hands out a one-time key.
    fn take(
        &mut self,
        wanted: &Wanted<'_>,
        number: u64,
        row: OneTimeRow,
    ) -> Result<Chosen, DeviceError> {
        let (person, device, algorithm) = wanted.place.clone();
        let key = (person.clone(), device.clone(), algorithm, number);
        ONE_TIME_KEYS.check_equals(&mut self.batch, &key, &row)?;
        ONE_TIME_KEYS.delete(&mut self.batch, &key);
        CLAIMED_IDS.put(&mut self.batch, &(person, device, number), &row.id)?;
        ONE_TIME_COUNTS.add(&mut self.batch, &wanted.place, -1);
        record_keys(&mut self.batch, wanted.user, wanted.device)?;
        Ok((row.id, row.key))
    }

    /// Hands out a fallback key, and marks it the first time.
    fn lend(&mut self, wanted: &Wanted<'_>, row: FallbackRow) -> Result<Chosen, DeviceError> {
        if !row.used {
            FALLBACK_KEYS.check_equals(&mut self.batch, &wanted.place, &row)?;
            let marked = FallbackRow { used: true, ..row.clone() };
            FALLBACK_KEYS.put(&mut self.batch, &wanted.place, &marked)?;
            record_keys(&mut self.batch, wanted.user, wanted.device)?;
        }
        Ok((row.id, row.key))
    }
}

fn read(id: &str, key: String) -> Result<(OwnedOneTimeKeyId, Raw<OneTimeKey>), DeviceError> {
    let id = OwnedOneTimeKeyId::try_from(id);
    let id = id.map_err(|error| damaged(ONE_TIME_KEYS.name(), &error))?;
    let key = RawValue::from_string(key);
    let key = key.map_err(|error| damaged(ONE_TIME_KEYS.name(), &error))?;
    Ok((id, Raw::from_json(key)))
}
