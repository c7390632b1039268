//! Dehydrated devices: a device that waits on the server, and receives what its person will read
//! on the next device that they sign in on.
//!
//! `spec/proposals/3814-dehydrated-devices-with-ssss.md`. A person has one at most. It has keys and
//! an inbox as every device, and no session: nobody can act as it. Its private keys are sealed by
//! its person's client before they come here.

use std::collections::BTreeMap;

use base::change::Change;
use base::number::LogPosition;
use journal::Span;
use ruma_common::{DeviceId, OwnedDeviceId, OwnedUserId, UserId};
use serde_json::value::RawValue;
use store::{Batch, Prefix};

use crate::cross_signing::{PublicKeys, Usage, replace_version};
use crate::devices::{ATTEMPTS, Devices, Outcome, owner};
use crate::error::DeviceError;
use crate::inbox::Waiting;
use crate::one_time_keys::OneTimeKeys;
use crate::removal::delete_all;
use crate::signed::Signed;
use crate::tables::{DEHYDRATED, DEHYDRATED_DATA, DehydratedRow, KEY_VERSIONS, SIGNATURES};
use crate::upload::{KeyUpload, check_identity};

/// Bytes of a device's own data at most.
const DATA_BYTES: usize = 256 << 10;
/// Bytes of a device's id, and of its name, at most.
const NAME_BYTES: usize = 255;
/// Messages told at a time.
const MESSAGES: usize = 100;

/// A device to be kept, with the keys that others need to write to it.
#[derive(Clone, Debug)]
pub struct NewDehydrated {
    /// Its id.
    pub device: OwnedDeviceId,
    /// What its person's clients make it of: for them to read.
    pub data: Box<RawValue>,
    /// What to call it.
    pub name: Option<String>,
    /// Its keys.
    pub keys: KeyUpload,
}

/// A device that is kept.
#[derive(Clone, Debug)]
pub struct Dehydrated {
    /// Its id.
    pub device: OwnedDeviceId,
    /// What its person's clients make it of.
    pub data: Box<RawValue>,
}

/// Some of the messages that wait for a dehydrated device.
#[derive(Clone, Debug)]
pub struct DehydratedMessages {
    /// The messages, oldest first.
    pub messages: Vec<Waiting>,
    /// Where those after them begin.
    pub next: String,
    /// Whether there are more now.
    pub more: bool,
}

impl Devices {
    /// Keeps a device, in the place of the one before: that one's keys and messages go. The same
    /// again changes nothing.
    pub async fn dehydrate(&self, user: &UserId, new: &NewDehydrated) -> Result<(), DeviceError> {
        require_small(new)?;
        let missing = || DeviceError::MissingKey("there are no device_keys".to_owned());
        let uploaded = new.keys.device_keys.as_ref().ok_or_else(missing)?;
        let identity = check_identity(user, &new.device, uploaded)?;
        let signed = Signed::parse(uploaded.json().get())?;
        let one_time = OneTimeKeys::parse(&new.keys.one_time_keys)?;
        let fallback = OneTimeKeys::parse(&new.keys.fallback_keys)?;
        fallback.require_one_each()?;
        let sealing_key = self.key_of(user).await?;
        let person = user.to_string();
        for _ in 0..ATTEMPTS {
            let own = self.public_keys(user).await?;
            let was = DEHYDRATED.get(&self.0.store, &person).await?;
            let mut batch = Batch::new();
            own.check(&mut batch, user)?;
            DEHYDRATED.check(&mut batch, &person, was.as_ref())?;
            if let Some(was) = was.filter(|was| *was != new.device.as_str()) {
                self.stage_removal(&mut batch, user, &was).await?;
            }
            self.stage_identity(&mut batch, user, &new.device, &identity).await?;
            put_cross_signature(&mut batch, (user, &new.device), &signed, &own)?;
            self.stage_one_time_keys(&mut batch, user, &new.device, &one_time).await?;
            self.stage_fallback_keys(&mut batch, user, &new.device, &fallback).await?;
            DEHYDRATED.put(&mut batch, &person, &new.device.to_string())?;
            let row = DehydratedRow { data: new.data.get().to_owned(), name: new.name.clone() };
            let key = (person.clone(), new.device.to_string());
            DEHYDRATED_DATA.put(&mut batch, &sealing_key, &key, &row)?;
            if self.commit(batch).await? == Outcome::Done {
                return Ok(());
            }
        }
        Err(DeviceError::Busy)
    }

    /// The device that a person keeps here.
    pub async fn dehydrated(&self, user: &UserId) -> Result<Option<Dehydrated>, DeviceError> {
        let Some((device, row)) = self.dehydrated_row(user).await? else { return Ok(None) };
        let data = RawValue::from_string(row.data);
        let data = data.map_err(|error| crate::devices::damaged(DEHYDRATED_DATA.name(), &error))?;
        Ok(Some(Dehydrated { device, data }))
    }

    /// What a person calls the device that they keep here.
    pub async fn dehydrated_name(
        &self,
        user: &UserId,
    ) -> Result<Option<(OwnedDeviceId, String)>, DeviceError> {
        let row = self.dehydrated_row(user).await?;
        Ok(row.and_then(|(device, row)| Some((device, row.name?))))
    }

    async fn dehydrated_row(
        &self,
        user: &UserId,
    ) -> Result<Option<(OwnedDeviceId, DehydratedRow)>, DeviceError> {
        let person = user.to_string();
        let Some(device) = DEHYDRATED.get(&self.0.store, &person).await? else { return Ok(None) };
        let (store, vault) = (&self.0.store, &self.0.vault);
        let key = (person, device);
        let row = DEHYDRATED_DATA.get(store, vault, &owner(user), &key).await?;
        Ok(row.map(|row| (key.1.into(), row)))
    }

    /// Which of these people keep a device here, and which: messages are sent to it, too.
    pub async fn dehydrated_devices(
        &self,
        people: &[OwnedUserId],
    ) -> Result<BTreeMap<OwnedUserId, OwnedDeviceId>, DeviceError> {
        let keys: Vec<_> = people.iter().map(ToString::to_string).collect();
        let rows = DEHYDRATED.get_many(&self.0.store, &keys).await?;
        let found = people.iter().zip(rows);
        Ok(found.filter_map(|(user, device)| Some((user.clone(), device?.into()))).collect())
    }

    /// Gives a person's device up: its keys and messages go. Which it was.
    pub async fn delete_dehydrated(&self, user: &UserId) -> Result<OwnedDeviceId, DeviceError> {
        let device = DEHYDRATED.get(&self.0.store, &user.to_string()).await?;
        let none = || DeviceError::NotFound("there is no dehydrated device".to_owned());
        let device: OwnedDeviceId = device.ok_or_else(none)?.into();
        self.remove(user, &device).await?;
        Ok(device)
    }

    /// Messages that wait for a person's dehydrated device. They stay: who reads them may be gone
    /// before they are of use.
    pub async fn dehydrated_messages(
        &self,
        user: &UserId,
        device: &DeviceId,
        from: Option<&str>,
    ) -> Result<DehydratedMessages, DeviceError> {
        let own = DEHYDRATED.get(&self.0.store, &user.to_string()).await?;
        if own.as_deref() != Some(device.as_str()) {
            let message = format!("{device} is not the dehydrated device of {user}");
            return Err(DeviceError::Forbidden(message));
        }
        let unknown = || DeviceError::Invalid("there is no such batch of messages".to_owned());
        let after = from.map_or(Ok(0), |from| from.parse().map_err(|_| unknown()))?;
        let span = Span { after: LogPosition(after), upto: LogPosition(u64::MAX) };
        let mut messages = self.inbox(user, device, span, MESSAGES + 1).await?;
        let more = messages.len() > MESSAGES;
        messages.truncate(MESSAGES);
        let next = messages.last().map_or(after, |last| last.position.0).to_string();
        Ok(DehydratedMessages { messages, next, more })
    }

    /// Adds to a batch that the device which a person keeps, if it is this one, is not kept any
    /// more.
    pub(crate) async fn stage_rehydrated(
        &self,
        batch: &mut Batch,
        user: &UserId,
        device: &DeviceId,
    ) -> Result<(), DeviceError> {
        let person = user.to_string();
        let kept = DEHYDRATED.get(&self.0.store, &person).await?;
        DEHYDRATED.check(batch, &person, kept.as_ref())?;
        if kept.as_deref() == Some(device.as_str()) {
            DEHYDRATED.delete(batch, &person);
            DEHYDRATED_DATA.delete(batch, &(person, device.to_string()));
        }
        Ok(())
    }

    /// Adds to a batch that a device makes room for the next.
    async fn stage_removal(
        &self,
        batch: &mut Batch,
        user: &UserId,
        device: &str,
    ) -> Result<(), DeviceError> {
        let key = (user.to_string(), device.to_owned());
        let version = KEY_VERSIONS.get(&self.0.store, &key.0).await?;
        replace_version(batch, user, version)?;
        delete_all(batch, &Prefix::of(&key));
        DEHYDRATED_DATA.delete(batch, &key);
        self.delete_signatures_by(batch, user, device.into()).await?;
        Ok(journal::record(batch, &Change::DeviceList { user: user.to_owned() })?)
    }
}

/// Keeps the signature of the person's self-signing key that came with a device's keys: nobody
/// else will send it, and without it nobody writes to the device.
fn put_cross_signature(
    batch: &mut Batch,
    (user, device): (&UserId, &DeviceId),
    signed: &Signed,
    own: &PublicKeys,
) -> Result<(), DeviceError> {
    let Some(key) = own.cross_signing.get(&Usage::SelfSigning) else { return Ok(()) };
    let id = key.id();
    let Some((_, signature)) = signed.signatures_of(user).find(|(by, _)| *by == id) else {
        return Ok(());
    };
    if !signed.is_signed(signature, &key.public) {
        let message = "the signature of the self-signing key does not hold".to_owned();
        return Err(DeviceError::InvalidSignature(message));
    }
    let place = (user.to_string(), device.to_string(), user.to_string(), id);
    Ok(SIGNATURES.put(batch, &place, &signature.to_owned())?)
}

fn require_small(new: &NewDehydrated) -> Result<(), DeviceError> {
    if !(1..=NAME_BYTES).contains(&new.device.as_str().len()) {
        return Err(DeviceError::Invalid(format!("a device id has 1 to {NAME_BYTES} bytes")));
    }
    if new.name.as_ref().is_some_and(|name| name.len() > NAME_BYTES) {
        return Err(DeviceError::Invalid(format!("a name has {NAME_BYTES} bytes at most")));
    }
    if new.data.get().len() > DATA_BYTES {
        return Err(DeviceError::TooLarge(format!("device_data has {DATA_BYTES} bytes at most")));
    }
    Ok(())
}
