//! Uploading a device's keys: its identity, one-time keys and fallback keys in one change.

use std::collections::BTreeMap;

use base::change::Change;
use ruma_common::encryption::{DeviceKeys, OneTimeKey};
use ruma_common::serde::Raw;
use ruma_common::{DeviceId, OwnedOneTimeKeyId, UserId};
use store::{Batch, Prefix};

use crate::cross_signing::replace_version;
use crate::devices::{ATTEMPTS, Devices, Outcome};
use crate::error::DeviceError;
use crate::one_time_keys::{KeyCounts, OneTimeKeys};
use crate::signed::{Signed, is_public_key};
use crate::tables::{CROSS_SIGNING, DEVICE_KEYS, KEY_VERSIONS, SIGNATURES};

/// What a device uploads. Repeating an upload changes nothing.
#[derive(Clone, Debug, Default)]
pub struct KeyUpload {
    /// Its identity.
    pub device_keys: Option<Raw<DeviceKeys>>,
    /// Keys that are handed out once each, in the order of their upload.
    pub one_time_keys: BTreeMap<OwnedOneTimeKeyId, Raw<OneTimeKey>>,
    /// Keys that are handed out when those have run out, one for each algorithm.
    pub fallback_keys: BTreeMap<OwnedOneTimeKeyId, Raw<OneTimeKey>>,
}

impl Devices {
    /// Publishes keys of a person's device; says how many one-time keys it has then.
    pub async fn upload_keys(
        &self,
        user: &UserId,
        device: &DeviceId,
        upload: &KeyUpload,
    ) -> Result<KeyCounts, DeviceError> {
        let identity = upload.device_keys.as_ref();
        let identity = identity.map(|keys| check_identity(user, device, keys)).transpose()?;
        let one_time = OneTimeKeys::parse(&upload.one_time_keys)?;
        let fallback = OneTimeKeys::parse(&upload.fallback_keys)?;
        fallback.require_one_each()?;
        for _ in 0..ATTEMPTS {
            let mut batch = Batch::new();
            if let Some(identity) = &identity {
                self.stage_identity(&mut batch, user, device, identity).await?;
            }
            self.stage_one_time_keys(&mut batch, user, device, &one_time).await?;
            self.stage_fallback_keys(&mut batch, user, device, &fallback).await?;
            if batch.is_empty() || self.commit(batch).await? == Outcome::Done {
                return self.one_time_key_counts(user, device).await;
            }
        }
        Err(DeviceError::Busy)
    }

    pub(crate) async fn stage_identity(
        &self,
        batch: &mut Batch,
        user: &UserId,
        device: &DeviceId,
        identity: &Signed,
    ) -> Result<(), DeviceError> {
        let key = (user.to_string(), device.to_string());
        let version = KEY_VERSIONS.get(&self.0.store, &key.0).await?;
        let was = DEVICE_KEYS.get(&self.0.store, &key).await?;
        let text = identity.text()?;
        if was.as_ref() == Some(&text) {
            return Ok(());
        }
        if let Some(was) = &was {
            let was = Signed::parse(was)?;
            if !was.keys().eq(identity.keys()) {
                let message = format!("the identity keys of device {device} do not change");
                return Err(DeviceError::Invalid(message));
            }
            if !was.says_the_same(identity) {
                // What was signed is no more.
                SIGNATURES.delete_range(batch, Prefix::of(&key));
            }
        }
        self.refuse_name_of_a_key(user, device).await?;
        replace_version(batch, user, version)?;
        DEVICE_KEYS.check(batch, &key, was.as_ref())?;
        DEVICE_KEYS.put(batch, &key, &text)?;
        journal::record(batch, &Change::DeviceList { user: user.to_owned() })?;
        Ok(())
    }

    /// Signatures name a device and a cross-signing key alike, so no device may be called as a key.
    async fn refuse_name_of_a_key(
        &self,
        user: &UserId,
        device: &DeviceId,
    ) -> Result<(), DeviceError> {
        let keys = CROSS_SIGNING.all(&self.0.store, &Prefix::of(&user.to_string())).await?;
        for (_, key) in keys {
            if Signed::parse(&key)?.keys().any(|(_, public)| public == device.as_str()) {
                let message = format!("{device} is the name of a cross-signing key");
                return Err(DeviceError::Invalid(message));
            }
        }
        Ok(())
    }
}

/// A device's identity, if it is of this device and signed by it.
pub(crate) fn check_identity(
    user: &UserId,
    device: &DeviceId,
    keys: &Raw<DeviceKeys>,
) -> Result<Signed, DeviceError> {
    let invalid = |message: &str| DeviceError::Invalid(message.to_owned());
    keys.deserialize().map_err(|error| DeviceError::Malformed(error.to_string()))?;
    let identity = Signed::parse(keys.json().get())?;
    if identity.field("user_id") != Some(user.as_str()) {
        return Err(invalid("device_keys.user_id is not the uploader"));
    }
    if identity.field("device_id") != Some(device.as_str()) {
        return Err(invalid("device_keys.device_id is not the uploading device"));
    }
    let of_this_device = |id: &str| id.split_once(':').is_some_and(|(_, name)| name == device);
    if !identity.keys().all(|(id, _)| of_this_device(id)) {
        return Err(invalid("device_keys.keys holds a key of another device"));
    }
    let signing = format!("ed25519:{device}");
    let public = identity.key(&signing).filter(|key| is_public_key(key));
    let public = public.ok_or_else(|| invalid("device_keys.keys holds no ed25519 key"))?;
    if !identity.is_signed_by(user, &signing, public) {
        let message = "device_keys is not signed by the device's own ed25519 key";
        return Err(DeviceError::InvalidSignature(message.to_owned()));
    }
    let mut own = identity.clone();
    own.retain_signatures(user, |id, _| id == signing);
    Ok(own)
}
