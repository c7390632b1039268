//! What goes with a device, and with a person.

use base::change::Change;
use ruma_common::{DeviceId, UserId};
use store::{Batch, Prefix};

use crate::cross_signing::{Usage, replace_version};
use crate::devices::{ATTEMPTS, Devices, Outcome};
use crate::error::DeviceError;
use crate::signed::Signed;
use crate::tables::{
    ACCOUNT_DATA, BACKUP_AUTH, BACKUP_KEYS, BACKUP_LAST, BACKUPS, CLAIMED_IDS, CROSS_SIGNING,
    DEHYDRATED, DEHYDRATED_DATA, DEVICE_KEYS, FALLBACK_KEYS, FILTERS, INBOX, KEY_VERSIONS,
    ONE_TIME_COUNTS, ONE_TIME_IDS, ONE_TIME_KEYS, ONE_TIME_NEXT, REVISIONS, SENT, SENT_AT,
    SIGNATURES, SIGNED_BY,
};

impl Devices {
    /// Forgets a device: its keys, the signatures on them and by them, and what waited for it.
    pub async fn remove(&self, user: &UserId, device: &DeviceId) -> Result<(), DeviceError> {
        let place = (user.to_string(), device.to_string());
        for _ in 0..ATTEMPTS {
            let version = KEY_VERSIONS.get(&self.0.store, &place.0).await?;
            let keys = DEVICE_KEYS.get(&self.0.store, &place).await?;
            let mut batch = Batch::new();
            DEVICE_KEYS.check(&mut batch, &place, keys.as_ref())?;
            self.stage_rehydrated(&mut batch, user, device).await?;
            delete_all(&mut batch, &Prefix::of(&place));
            if keys.is_some() {
                replace_version(&mut batch, user, version)?;
                self.delete_signatures_by(&mut batch, user, device).await?;
                journal::record(&mut batch, &Change::DeviceList { user: user.to_owned() })?;
            }
            if self.commit(batch).await? == Outcome::Done {
                return Ok(());
            }
        }
        Err(DeviceError::Busy)
    }

    /// Forgets everything of a person who leaves: devices, cross-signing keys, signatures on them
    /// and by them, backups, account data, filters.
    pub async fn remove_all(&self, user: &UserId) -> Result<(), DeviceError> {
        let person = user.to_string();
        let all = Prefix::of(&person);
        let mut batch = Batch::new();
        for ((_, other), ()) in SIGNED_BY.all(&self.0.store, &all).await? {
            for ((_, target, signer, key_id), _) in
                SIGNATURES.all(&self.0.store, &Prefix::of(&other)).await?
            {
                if signer == person {
                    SIGNATURES.delete(&mut batch, &(other.clone(), target, signer, key_id));
                }
            }
        }
        for ((_, _, signer, _), _) in SIGNATURES.all(&self.0.store, &all).await? {
            SIGNED_BY.delete(&mut batch, &(signer, person.clone()));
        }
        delete_all(&mut batch, &all);
        DEHYDRATED.delete(&mut batch, &person);
        DEHYDRATED_DATA.delete_range(&mut batch, all.clone());
        CROSS_SIGNING.delete_range(&mut batch, all.clone());
        KEY_VERSIONS.delete(&mut batch, &person);
        SIGNED_BY.delete_range(&mut batch, all.clone());
        BACKUPS.delete_range(&mut batch, all.clone());
        BACKUP_AUTH.delete_range(&mut batch, all.clone());
        BACKUP_KEYS.delete_range(&mut batch, all.clone());
        BACKUP_LAST.delete(&mut batch, &person);
        ACCOUNT_DATA.delete_range(&mut batch, all.clone());
        REVISIONS.delete(&mut batch, &person);
        FILTERS.delete_range(&mut batch, all);
        journal::record(&mut batch, &Change::DeviceList { user: user.to_owned() })?;
        self.0.store.commit(batch).await?;
        self.0.rulesets.forget(user);
        Ok(())
    }

    /// A device's signature on its owner's master key means nothing without the device.
    pub(crate) async fn delete_signatures_by(
        &self,
        batch: &mut Batch,
        user: &UserId,
        device: &DeviceId,
    ) -> Result<(), DeviceError> {
        let person = user.to_string();
        let row = (person.clone(), Usage::Master.as_str().to_owned());
        let Some(text) = CROSS_SIGNING.get(&self.0.store, &row).await? else { return Ok(()) };
        let mut master = Signed::parse(&text)?;
        let by_device = format!("ed25519:{device}");
        for (_, public) in master.keys() {
            let signature = (person.clone(), public.to_owned(), person.clone(), by_device.clone());
            SIGNATURES.delete(batch, &signature);
        }
        if master.signatures_of(user).any(|(id, _)| id == by_device) {
            CROSS_SIGNING.check_equals(batch, &row, &text)?;
            master.retain_signatures(user, |id, _| id != by_device);
            CROSS_SIGNING.put(batch, &row, &master.text()?)?;
        }
        Ok(())
    }
}

/// Everything whose key begins with a device, or with a person: all of their devices.
pub(crate) fn delete_all(batch: &mut Batch, part: &Prefix) {
    DEVICE_KEYS.delete_range(batch, part.clone());
    ONE_TIME_KEYS.delete_range(batch, part.clone());
    ONE_TIME_IDS.delete_range(batch, part.clone());
    CLAIMED_IDS.delete_range(batch, part.clone());
    ONE_TIME_NEXT.delete_range(batch, part.clone());
    ONE_TIME_COUNTS.delete_range(batch, part.clone());
    FALLBACK_KEYS.delete_range(batch, part.clone());
    SIGNATURES.delete_range(batch, part.clone());
    INBOX.delete_range(batch, part.clone());
    SENT.delete_range(batch, part.clone());
    SENT_AT.delete_range(batch, part.clone());
}
