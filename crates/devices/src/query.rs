//! Asking for people's devices and cross-signing keys.

use std::collections::{BTreeMap, BTreeSet};

use ruma_common::{
    CanonicalJsonObject, DeviceId, OwnedDeviceId, OwnedServerName, OwnedUserId, UserId,
};
use store::{Entry, Prefix};

use crate::cross_signing::Usage;
use crate::devices::Devices;
use crate::error::DeviceError;
use crate::signed::Signed;
use crate::tables::{CROSS_SIGNING, DEVICE_KEYS, DeviceKey, SIGNATURES, SignatureKey};

/// Whose devices are asked for; no device named is all of them.
pub type KeyQuery = BTreeMap<OwnedUserId, Vec<OwnedDeviceId>>;

/// Identity keys of devices, by person and device.
pub type DeviceKeyMap = BTreeMap<OwnedUserId, BTreeMap<OwnedDeviceId, CanonicalJsonObject>>;

/// What a query found.
#[derive(Clone, Debug, Default)]
pub struct QueriedKeys {
    /// Identity keys of devices.
    pub device_keys: DeviceKeyMap,
    /// Master keys.
    pub master_keys: BTreeMap<OwnedUserId, CanonicalJsonObject>,
    /// Self-signing keys.
    pub self_signing_keys: BTreeMap<OwnedUserId, CanonicalJsonObject>,
    /// User-signing keys: the asker's own at most.
    pub user_signing_keys: BTreeMap<OwnedUserId, CanonicalJsonObject>,
    /// Servers that this one does not ask.
    pub unreachable: BTreeSet<OwnedServerName>,
}

/// Signatures on a person's keys that came after the keys, as one asker may see them: device id or
/// public key → by whom, with which key, the signature.
struct Later(BTreeMap<String, Vec<(String, String, String)>>);

impl Later {
    /// A person's own signatures are everybody's to see; another's are for that other only.
    fn of(rows: Vec<Entry<SignatureKey, String>>, of: &UserId, asker: &UserId) -> Self {
        let mut later: BTreeMap<String, Vec<_>> = BTreeMap::new();
        for ((_, target, signer, key_id), signature) in rows {
            if signer == *of.as_str() || signer == *asker.as_str() {
                later.entry(target).or_default().push((signer, key_id, signature));
            }
        }
        Self(later)
    }

    fn add_to(&self, target: &str, object: &mut Signed) {
        for (signer, key_id, signature) in self.0.get(target).into_iter().flatten() {
            object.add_signature(signer, key_id, signature);
        }
    }
}

impl Devices {
    /// The public keys of people, as `asker` may see them.
    pub async fn query_keys(
        &self,
        asker: &UserId,
        query: &KeyQuery,
    ) -> Result<QueriedKeys, DeviceError> {
        let mut found = QueriedKeys::default();
        let (ours, others): (Vec<_>, Vec<_>) =
            query.iter().partition(|(user, _)| self.is_ours(user));
        found.unreachable = others.iter().map(|(user, _)| user.server_name().to_owned()).collect();
        // However many are asked for: three reads, of one moment.
        let parts: Vec<_> = ours.iter().map(|(user, _)| Prefix::of(&user.to_string())).collect();
        let view = self.0.store.snapshot().await?;
        let signatures = SIGNATURES.all_of(&view, &parts).await?;
        let devices = DEVICE_KEYS.all_of(&view, &parts).await?;
        let cross_signing = CROSS_SIGNING.all_of(&view, &parts).await?;
        drop(view);
        let rows = signatures.into_iter().zip(devices).zip(cross_signing);
        for ((user, asked), ((signatures, devices), cross_signing)) in ours.into_iter().zip(rows) {
            let later = Later::of(signatures, user, asker);
            found.device_keys.insert(user.clone(), device_keys(devices, asked, &later)?);
            for ((_, usage), text) in cross_signing {
                let mut key = Signed::parse(&text)?;
                let public = key.keys().next().map(|(_, public)| public.to_owned());
                later.add_to(&public.unwrap_or_default(), &mut key);
                let keys = match Usage::named(&usage) {
                    Some(Usage::Master) => &mut found.master_keys,
                    Some(Usage::SelfSigning) => &mut found.self_signing_keys,
                    Some(Usage::UserSigning) if user == asker => &mut found.user_signing_keys,
                    Some(Usage::UserSigning) | None => continue,
                };
                keys.insert(user.clone(), key.0);
            }
        }
        Ok(found)
    }
}

/// The devices among a person's that were asked for; all when none is named.
fn device_keys(
    rows: Vec<Entry<DeviceKey, String>>,
    asked: &[OwnedDeviceId],
    later: &Later,
) -> Result<BTreeMap<OwnedDeviceId, CanonicalJsonObject>, DeviceError> {
    let mut keys = BTreeMap::new();
    for ((_, device), text) in rows {
        let device: &DeviceId = device.as_str().into();
        if asked.is_empty() || asked.iter().any(|asked| asked == device) {
            let mut object = Signed::parse(&text)?;
            later.add_to(device.as_str(), &mut object);
            keys.insert(device.to_owned(), object.0);
        }
    }
    Ok(keys)
}
