//! Cross-signing keys: the three keys of a person, and who may replace them.

use std::collections::BTreeMap;

use base::change::Change;
use ruma_common::UserId;
use ruma_common::encryption::{CrossSigningKey, KeyUsage};
use ruma_common::serde::Raw;
use store::{Batch, Prefix};

use crate::devices::{ATTEMPTS, Devices, Outcome};
use crate::error::DeviceError;
use crate::signed::{Signed, is_public_key};
use crate::tables::{CROSS_SIGNING, DEVICE_KEYS, KEY_VERSIONS, SIGNATURES};

/// What a cross-signing key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Usage {
    /// Signs the other two: the person's identity.
    Master,
    /// Signs the person's own devices.
    SelfSigning,
    /// Signs other people's master keys.
    UserSigning,
}

impl Usage {
    const ALL: [Self; 3] = [Self::Master, Self::SelfSigning, Self::UserSigning];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Master => "master",
            Self::SelfSigning => "self_signing",
            Self::UserSigning => "user_signing",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|usage| usage.as_str() == name)
    }
}

/// Cross-signing keys that a person uploads.
#[derive(Clone, Debug, Default)]
pub struct CrossSigningKeys {
    /// The master key.
    pub master: Option<Raw<CrossSigningKey>>,
    /// The self-signing key.
    pub self_signing: Option<Raw<CrossSigningKey>>,
    /// The user-signing key.
    pub user_signing: Option<Raw<CrossSigningKey>>,
}

/// Whether the person has just proved again who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity {
    /// By user-interactive authentication.
    Confirmed,
    /// By their access token alone.
    Unconfirmed,
}

/// A cross-signing key.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub(crate) public: String,
    pub(crate) object: Signed,
}

impl Key {
    /// Its id in `keys` and `signatures`.
    pub(crate) fn id(&self) -> String {
        format!("ed25519:{}", self.public)
    }
}

/// The public keys of a person, as the store has them.
pub(crate) struct PublicKeys {
    /// How often they changed before.
    version: Option<u64>,
    pub(crate) cross_signing: BTreeMap<Usage, Key>,
    pub(crate) devices: BTreeMap<String, Signed>,
}

impl PublicKeys {
    /// The batch is refused unless the person's keys are still these.
    pub(crate) fn check(&self, batch: &mut Batch, user: &UserId) -> Result<(), DeviceError> {
        Ok(KEY_VERSIONS.check(batch, &user.to_string(), self.version.as_ref())?)
    }

    /// The Ed25519 key of a device, by its id among keys.
    pub(crate) fn device_key(&self, key_id: &str) -> Option<&str> {
        let device = key_id.strip_prefix("ed25519:")?;
        self.devices.get(device)?.key(key_id)
    }
}

impl Devices {
    /// Publishes cross-signing keys. The first set is free, and so is the same set again; to
    /// replace keys the person must have confirmed who they are.
    pub async fn upload_cross_signing_keys(
        &self,
        user: &UserId,
        upload: &CrossSigningKeys,
        identity: Identity,
    ) -> Result<(), DeviceError> {
        for _ in 0..ATTEMPTS {
            let known = self.public_keys(user).await?;
            let mut new = check_keys(user, upload, &known)?;
            new.retain(|usage, key| {
                known
                    .cross_signing
                    .get(usage)
                    .is_none_or(|old| !old.object.says_the_same(&key.object))
            });
            if new.is_empty() {
                return Ok(());
            }
            let had_identity = known.cross_signing.contains_key(&Usage::Master);
            if had_identity && identity == Identity::Unconfirmed {
                return Err(DeviceError::Unconfirmed);
            }
            let batch = replace_keys(user, &known, &new)?;
            if self.commit(batch).await? == Outcome::Done {
                return Ok(());
            }
        }
        Err(DeviceError::Busy)
    }

    /// Whether a person has cross-signing keys.
    pub async fn has_cross_signing_keys(&self, user: &UserId) -> Result<bool, DeviceError> {
        let key = (user.to_string(), Usage::Master.as_str().to_owned());
        Ok(CROSS_SIGNING.get(&self.0.store, &key).await?.is_some())
    }

    pub(crate) async fn public_keys(&self, user: &UserId) -> Result<PublicKeys, DeviceError> {
        let part = Prefix::of(&user.to_string());
        // The version is read first: what changes after it is noticed by the check.
        let version = KEY_VERSIONS.get(&self.0.store, &user.to_string()).await?;
        let (cross_signing, devices) = (BTreeMap::new(), BTreeMap::new());
        let mut keys = PublicKeys { version, cross_signing, devices };
        for ((_, usage), text) in CROSS_SIGNING.all(&self.0.store, &part).await? {
            let object = Signed::parse(&text)?;
            let public = object.keys().next().map(|(_, public)| public.to_owned());
            if let (Some(usage), Some(public)) = (Usage::named(&usage), public) {
                keys.cross_signing.insert(usage, Key { public, object });
            }
        }
        for ((_, device), text) in DEVICE_KEYS.all(&self.0.store, &part).await? {
            keys.devices.insert(device, Signed::parse(&text)?);
        }
        Ok(keys)
    }
}

/// Adds to a batch that a person's keys change from what they were at a version.
pub(crate) fn replace_version(
    batch: &mut Batch,
    user: &UserId,
    was: Option<u64>,
) -> Result<(), DeviceError> {
    let person = user.to_string();
    KEY_VERSIONS.check(batch, &person, was.as_ref())?;
    Ok(KEY_VERSIONS.put(batch, &person, &(was.unwrap_or(0) + 1))?)
}

/// The keys of an upload, if they are the person's and signed as they must be.
fn check_keys(
    user: &UserId,
    upload: &CrossSigningKeys,
    known: &PublicKeys,
) -> Result<BTreeMap<Usage, Key>, DeviceError> {
    let mut keys = BTreeMap::new();
    let raw = [&upload.master, &upload.self_signing, &upload.user_signing];
    for (usage, raw) in Usage::ALL.into_iter().zip(raw) {
        if let Some(raw) = raw {
            keys.insert(usage, check_key(user, usage, raw)?);
        }
    }
    for key in keys.values_mut() {
        if known.devices.contains_key(&key.public) {
            let message = "a cross-signing key has the name of a device";
            return Err(DeviceError::Forbidden(message.to_owned()));
        }
    }
    if keys.is_empty() {
        return Ok(keys);
    }
    let master = keys.get(&Usage::Master).or_else(|| known.cross_signing.get(&Usage::Master));
    let missing = || DeviceError::MissingKey("there is no master key".to_owned());
    let master = master.cloned().ok_or_else(missing)?;
    for (usage, key) in &mut keys {
        check_signatures(user, *usage, key, (&master, known))?;
    }
    Ok(keys)
}

fn check_key(user: &UserId, usage: Usage, raw: &Raw<CrossSigningKey>) -> Result<Key, DeviceError> {
    let name = usage.as_str();
    let invalid = |message: &str| DeviceError::Invalid(format!("{name} key: {message}"));
    let parsed = raw
        .deserialize()
        .map_err(|error| DeviceError::Malformed(format!("{name} key: {error}")))?;
    if parsed.user_id != user {
        return Err(invalid("user_id is not the uploader"));
    }
    if !parsed.usage.contains(&KeyUsage::from(name)) {
        return Err(invalid("usage does not name what it is for"));
    }
    let object = Signed::parse(raw.json().get())?;
    let mut keys = object.keys();
    let (Some((id, public)), None) = (keys.next(), keys.next()) else {
        return Err(invalid("there must be exactly one key"));
    };
    if id.strip_prefix("ed25519:") != Some(public) || !is_public_key(public) {
        return Err(invalid("it must be an ed25519 key, named by itself"));
    }
    let public = public.to_owned();
    drop(keys);
    Ok(Key { public, object })
}

/// Keeps the signatures that hold. The self-signing and user-signing keys need the master key's.
fn check_signatures(
    user: &UserId,
    usage: Usage,
    key: &mut Key,
    (master, known): (&Key, &PublicKeys),
) -> Result<(), DeviceError> {
    let name = usage.as_str();
    let object = key.object.clone();
    let mut signed_by_master = false;
    for (id, signature) in object.signatures_of(user) {
        let by_master = id == master.id();
        let public = if by_master { Some(master.public.as_str()) } else { known.device_key(id) };
        if public.is_some_and(|public| !object.is_signed(signature, public)) {
            let message = format!("the signature of the {name} key by {id} does not hold");
            return Err(DeviceError::InvalidSignature(message));
        }
        signed_by_master |= by_master;
    }
    if usage != Usage::Master && !signed_by_master {
        let message = format!("the {name} key is not signed by the master key");
        return Err(DeviceError::InvalidSignature(message));
    }
    let known_signer = |id: &str| id == master.id() || known.device_key(id).is_some();
    key.object.retain_signatures(user, |id, _| known_signer(id));
    Ok(())
}

/// The batch that puts new keys in the place of old ones. With a master key go the keys that it
/// signed, and with a key the signatures by it and on it.
fn replace_keys(
    user: &UserId,
    known: &PublicKeys,
    new: &BTreeMap<Usage, Key>,
) -> Result<Batch, DeviceError> {
    let person = user.to_string();
    let new_identity = new.contains_key(&Usage::Master);
    let mut batch = Batch::new();
    replace_version(&mut batch, user, known.version)?;
    for usage in Usage::ALL {
        let row = (person.clone(), usage.as_str().to_owned());
        let old = known.cross_signing.get(&usage);
        let was = old.map(|key| key.object.text()).transpose()?;
        CROSS_SIGNING.check(&mut batch, &row, was.as_ref())?;
        let key = new.get(&usage);
        match key {
            Some(key) => CROSS_SIGNING.put(&mut batch, &row, &key.object.text()?)?,
            None if new_identity => CROSS_SIGNING.delete(&mut batch, &row),
            None => continue,
        }
        let Some(old) = old else { continue };
        SIGNATURES.delete_range(&mut batch, Prefix::of(&(person.clone(), old.public.clone())));
        if key.is_none_or(|key| key.public != old.public) {
            for device in known.devices.keys() {
                let by_it = (person.clone(), device.clone(), person.clone(), old.id());
                SIGNATURES.delete(&mut batch, &by_it);
            }
        }
    }
    journal::record(&mut batch, &Change::DeviceList { user: user.to_owned() })?;
    Ok(batch)
}
