//! Signatures on keys that are already here: a person signs their own devices, their master key
//! with a device, and other people's master keys.

use std::collections::BTreeMap;

use base::change::Change;
use ruma_common::{OwnedUserId, UserId};
use serde_json::value::RawValue;
use store::Batch;

use crate::cross_signing::{PublicKeys, Usage};
use crate::devices::{ATTEMPTS, Devices, Outcome};
use crate::error::DeviceError;
use crate::signed::Signed;
use crate::tables::{CROSS_SIGNING, DEVICE_KEYS, SIGNATURES, SIGNED_BY};

/// Keys with the signatures to add: by person, then by device id or public key.
pub type SignedObjects = BTreeMap<OwnedUserId, BTreeMap<String, Box<RawValue>>>;

/// What was not taken, and why.
pub type SignatureFailures = BTreeMap<OwnedUserId, BTreeMap<String, DeviceError>>;

/// A key that may be signed, as the store has it.
struct Target<'a> {
    user: &'a UserId,
    /// Device id or public key.
    name: &'a str,
    object: &'a Signed,
    /// `None` for a device.
    usage: Option<Usage>,
}

impl Devices {
    /// Adds signatures by `signer`. Those that do not hold are told one by one; the others count.
    pub async fn add_signatures(
        &self,
        signer: &UserId,
        objects: &SignedObjects,
    ) -> Result<SignatureFailures, DeviceError> {
        for _ in 0..ATTEMPTS {
            let own = self.public_keys(signer).await?;
            let mut batch = Batch::new();
            let mut failures = SignatureFailures::new();
            for (user, objects) in objects {
                let other;
                let keys = if user == signer {
                    &own
                } else {
                    other = self.public_keys(user).await?;
                    &other
                };
                for (name, object) in objects {
                    let added = match find(signer, user, name, keys) {
                        Ok(target) => {
                            self.add_to(&mut batch, (signer, &own), &target, object).await
                        }
                        Err(error) => Err(error),
                    };
                    match added {
                        Ok(()) => {}
                        Err(error @ (DeviceError::Store(_) | DeviceError::Vault(_))) => {
                            return Err(error);
                        }
                        Err(error) => {
                            failures.entry(user.clone()).or_default().insert(name.clone(), error);
                        }
                    }
                }
            }
            if batch.is_empty() {
                return Ok(failures);
            }
            // The keys that signed must be there still.
            own.check(&mut batch, signer)?;
            if self.commit(batch).await? == Outcome::Done {
                return Ok(failures);
            }
        }
        Err(DeviceError::Busy)
    }

    /// Adds the signatures on one key to the batch.
    async fn add_to(
        &self,
        batch: &mut Batch,
        (signer, own): (&UserId, &PublicKeys),
        target: &Target<'_>,
        object: &RawValue,
    ) -> Result<(), DeviceError> {
        let object = Signed::parse(object.get())?;
        if !object.says_the_same(target.object) {
            let message = "the signed key is not the one that was uploaded";
            return Err(DeviceError::InvalidSignature(message.to_owned()));
        }
        let signatures = verified(signer, own, target, &object)?;
        let place = |key_id: &str| {
            (target.user.to_string(), target.name.to_owned(), signer.to_string(), key_id.to_owned())
        };
        let keys: Vec<_> = signatures.iter().map(|(key_id, _)| place(key_id)).collect();
        let known = SIGNATURES.get_many(&self.0.store, &keys).await?;
        let mut changed = false;
        for ((key, known), (_, signature)) in keys.iter().zip(known).zip(&signatures) {
            if known.as_ref() != Some(signature) {
                SIGNATURES.put(batch, key, signature)?;
                changed = true;
            }
        }
        if changed { record(batch, signer, target) } else { Ok(()) }
    }
}

/// The key that is signed. Of another person it is the master key, or nothing.
fn find<'a>(
    signer: &UserId,
    user: &'a UserId,
    name: &'a str,
    keys: &'a PublicKeys,
) -> Result<Target<'a>, DeviceError> {
    let own = user == signer;
    if let Some(object) = keys.devices.get(name).filter(|_| own) {
        return Ok(Target { user, name, object, usage: None });
    }
    let master = keys.cross_signing.get(&Usage::Master).filter(|key| key.public == name);
    let unknown =
        || DeviceError::NotFound(format!("{name} is not a key of {user} that {signer} may sign"));
    let master = master.ok_or_else(unknown)?;
    Ok(Target { user, name, object: &master.object, usage: Some(Usage::Master) })
}

/// The signatures by keys that may sign the target; at least one, and all hold.
fn verified(
    signer: &UserId,
    own: &PublicKeys,
    target: &Target<'_>,
    object: &Signed,
) -> Result<Vec<(String, String)>, DeviceError> {
    let with = |usage: Usage, key_id: &str| {
        let key = own.cross_signing.get(&usage).filter(|key| key.id() == key_id);
        key.map(|key| key.public.as_str())
    };
    let mut signatures = Vec::new();
    for (key_id, signature) in object.signatures_of(signer) {
        let public = match target.usage {
            None => with(Usage::SelfSigning, key_id),
            Some(_) if target.user == signer => own.device_key(key_id),
            Some(_) => with(Usage::UserSigning, key_id),
        };
        // Others came with the key when it was uploaded, or are nobody's that may sign it.
        let Some(public) = public else { continue };
        if !object.is_signed(signature, public) {
            let message = format!("the signature by {key_id} does not hold");
            return Err(DeviceError::InvalidSignature(message));
        }
        signatures.push((key_id.to_owned(), signature.to_owned()));
    }
    if signatures.is_empty() {
        let message = "there is no signature by a key that signs this one";
        return Err(DeviceError::InvalidSignature(message.to_owned()));
    }
    Ok(signatures)
}

/// Binds the batch to the key as it was read, and tells who may see the signature.
fn record(batch: &mut Batch, signer: &UserId, target: &Target<'_>) -> Result<(), DeviceError> {
    let user = target.user.to_string();
    let text = target.object.text()?;
    match target.usage {
        None => DEVICE_KEYS.check_equals(batch, &(user.clone(), target.name.to_owned()), &text)?,
        Some(usage) => {
            CROSS_SIGNING.check_equals(batch, &(user.clone(), usage.as_str().to_owned()), &text)?;
        }
    }
    if target.user == signer {
        journal::record(batch, &Change::DeviceList { user: signer.to_owned() })?;
    } else {
        SIGNED_BY.put(batch, &(signer.to_string(), user), &())?;
        let change = Change::Signed { user: signer.to_owned(), of: target.user.to_owned() };
        journal::record(batch, &change)?;
    }
    Ok(())
}
