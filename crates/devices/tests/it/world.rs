//! The service on a store, and the people who use it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, LazyLock};

use base::change::Change;
use base::clock::{ManualClock, Timestamp};
use base::number::LogPosition;
use devices::{Claim, CrossSigningKeys, DeviceError, Devices, KeyUpload, Messages, Settings};
use journal::Span;
use ruma_common::encryption::{CrossSigningKey, DeviceKeys, OneTimeKey};
use ruma_common::serde::{Base64, Raw, base64::Standard};
use ruma_common::{
    CanonicalJsonObject, OneTimeKeyAlgorithm, OwnedDeviceId, OwnedOneTimeKeyId, OwnedRoomId,
    OwnedUserId, UserId,
};
use ruma_signatures::{Ed25519KeyPair, sign_json};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};
use store::{MemoryDisk, Store};
use tempfile::TempDir;
use vault::{KeyEncryptionKey, Vault};

pub(crate) static ALICE: LazyLock<OwnedUserId> = LazyLock::new(|| user_id("alice"));
pub(crate) static BOB: LazyLock<OwnedUserId> = LazyLock::new(|| user_id("bob"));
pub(crate) static ROOM: LazyLock<OwnedRoomId> = LazyLock::new(|| room_id("room"));
pub(crate) static OTHER: LazyLock<OwnedRoomId> = LazyLock::new(|| room_id("other"));

/// The service, on a store that can be closed and opened again.
pub(crate) struct World {
    disk: Disk,
    pub(crate) store: Store,
    pub(crate) vault: Vault,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) devices: Devices,
}

enum Disk {
    Memory { data: MemoryDisk, keys: MemoryDisk },
    Redb(TempDir),
}

impl World {
    pub(crate) async fn in_memory() -> Self {
        Self::on(Disk::Memory { data: MemoryDisk::new(), keys: MemoryDisk::new() }).await
    }

    pub(crate) async fn on_disk() -> Self {
        Self::on(Disk::Redb(tempfile::tempdir().unwrap())).await
    }

    async fn on(disk: Disk) -> Self {
        let (store, keyring) = match &disk {
            Disk::Memory { data, keys } => {
                (Store::open_memory(data, None), Store::open_memory(keys, None))
            }
            Disk::Redb(folder) => {
                let open = |name: &str| Store::open_redb(&folder.path().join(name), 1 << 20);
                (open("data"), open("keys"))
            }
        };
        let (store, keyring) = (store.unwrap(), keyring.unwrap());
        let vault = Vault::open(keyring, KeyEncryptionKey::from_bytes([7; 32])).await.unwrap();
        let clock = Arc::new(ManualClock::at(Timestamp(1_000_000)));
        let settings = Settings { server_name: "s.example".try_into().unwrap() };
        let devices = Devices::open(store.clone(), vault.clone(), settings, clock.clone());
        Self { disk, store, vault, clock, devices }
    }

    /// Two nodes on one disk, each with a store and a vault of its own.
    pub(crate) async fn cluster() -> (Self, Self, MemoryDisk) {
        let (data, keys) = (MemoryDisk::new(), MemoryDisk::new());
        let node = || Self::on(Disk::Memory { data: data.clone(), keys: keys.clone() });
        (node().await, node().await, data)
    }

    /// Closes the store and opens it again.
    pub(crate) async fn reopened(self) -> Self {
        let Self { disk, store, vault, clock, devices } = self;
        drop((store, vault, clock, devices));
        Self::on(disk).await
    }

    /// Where the files are.
    pub(crate) fn folder(&self) -> &Path {
        match &self.disk {
            Disk::Redb(folder) => folder.path(),
            Disk::Memory { .. } => panic!("a memory has no folder"),
        }
    }

    /// All changes that the log tells of, since a position.
    pub(crate) async fn changes_since(&self, position: LogPosition) -> Vec<Change> {
        let log = self.store.read_log(position, 10_000).await.unwrap();
        log.iter().map(|entry| journal::decode(entry).unwrap()).collect()
    }

    /// Claims a key of a device: its id.
    pub(crate) async fn claim(&self, phone: &Phone) -> Option<String> {
        let algorithm = OneTimeKeyAlgorithm::SignedCurve25519;
        let devices = BTreeMap::from([(phone.device.clone(), algorithm)]);
        let claim = Claim::from([(phone.user.clone(), devices)]);
        let mut claimed = self.devices.claim_keys(&claim).await.unwrap();
        let keys = claimed.keys.remove(&phone.user)?.remove(&phone.device)?;
        Some(keys.into_keys().next()?.to_string())
    }

    /// How many one-time keys a device has left.
    pub(crate) async fn left(&self, phone: &Phone) -> u64 {
        let counts = self.devices.one_time_key_counts(&phone.user, &phone.device).await.unwrap();
        counts[&OneTimeKeyAlgorithm::SignedCurve25519]
    }

    /// Whether a device has a fallback key that nobody got yet.
    pub(crate) async fn has_unused_fallback(&self, phone: &Phone) -> bool {
        let unused = self.devices.unused_fallback_key_types(&phone.user, &phone.device).await;
        !unused.unwrap().is_empty()
    }

    /// What waits for a device.
    pub(crate) async fn inbox(&self, phone: &Phone) -> Vec<devices::Waiting> {
        let span = Span { after: LogPosition(0), upto: self.store.log_end() };
        self.devices.inbox(&phone.user, &phone.device, span, 100).await.unwrap()
    }

    /// The keys of one person, as another sees them.
    pub(crate) async fn query(&self, asker: &UserId, user: &UserId) -> devices::QueriedKeys {
        let query = BTreeMap::from([(user.to_owned(), Vec::new())]);
        self.devices.query_keys(asker, &query).await.unwrap()
    }
}

/// A device that has keys.
pub(crate) struct Phone {
    pub(crate) user: OwnedUserId,
    pub(crate) device: OwnedDeviceId,
    pair: Ed25519KeyPair,
}

impl Phone {
    pub(crate) fn new(user: &str, device: &str) -> Self {
        Self { user: user_id(user), device: device.into(), pair: key_pair(device) }
    }

    pub(crate) fn public(&self) -> String {
        public(&self.pair)
    }

    /// Its identity keys, as the person's client makes them, before it signs them.
    pub(crate) fn unsigned_identity(&self) -> CanonicalJsonObject {
        let (user, device) = (&self.user, &self.device);
        object(json!({
            "user_id": user,
            "device_id": device,
            "algorithms": ["m.olm.v1.curve25519-aes-sha2", "m.megolm.v1.aes-sha2"],
            "keys": {
                format!("curve25519:{device}"): "s4Yu3UQKJeNGUE4Wfjp6JTjzXGqZ8YbEKBRhkJzKjTg",
                format!("ed25519:{device}"): self.public(),
            },
        }))
    }

    pub(crate) fn identity(&self) -> Raw<DeviceKeys> {
        raw(&self.signed(self.unsigned_identity()))
    }

    /// An object with this device's signature.
    pub(crate) fn signed(&self, mut object: CanonicalJsonObject) -> CanonicalJsonObject {
        sign_json(self.user.as_str(), &self.pair, &mut object).unwrap();
        object
    }

    /// A one-time key of a name; `value` tells two of the same name apart.
    pub(crate) fn one_time_key(
        &self,
        name: &str,
        value: u8,
    ) -> (OwnedOneTimeKeyId, Raw<OneTimeKey>) {
        let key = Base64::<Standard, _>::new([value; 32]).encode();
        let key = self.signed(object(json!({ "key": key })));
        (format!("signed_curve25519:{name}").try_into().unwrap(), raw(&key))
    }

    /// Publishes the identity.
    pub(crate) async fn publishes(&self, world: &World) {
        let upload = KeyUpload { device_keys: Some(self.identity()), ..KeyUpload::default() };
        world.devices.upload_keys(&self.user, &self.device, &upload).await.unwrap();
    }

    /// Publishes one-time keys.
    pub(crate) async fn offers(
        &self,
        world: &World,
        keys: &[(&str, u8)],
    ) -> Result<(), DeviceError> {
        let keys = keys.iter().map(|(name, value)| self.one_time_key(name, *value));
        let upload = KeyUpload { one_time_keys: keys.collect(), ..KeyUpload::default() };
        world.devices.upload_keys(&self.user, &self.device, &upload).await.map(drop)
    }

    /// Publishes a fallback key.
    pub(crate) async fn falls_back_on(&self, world: &World, name: &str) {
        let keys = BTreeMap::from([self.one_time_key(name, 0)]);
        let upload = KeyUpload { fallback_keys: keys, ..KeyUpload::default() };
        world.devices.upload_keys(&self.user, &self.device, &upload).await.unwrap();
    }

    pub(crate) fn known(&self) -> devices::KnownDevices {
        BTreeMap::from([(self.user.clone(), BTreeSet::from([self.device.clone()]))])
    }

    /// A message for this device alone.
    pub(crate) fn letter(&self, text: &str) -> Messages {
        letter(&self.user, self.device.as_str(), text)
    }
}

/// A message for a device, or for `*`.
pub(crate) fn letter(user: &UserId, device: &str, text: &str) -> Messages {
    let content = Raw::from_json(to_raw_value(&json!({ "text": text })).unwrap());
    BTreeMap::from([(user.to_owned(), BTreeMap::from([(device.try_into().unwrap(), content)]))])
}

/// A person's cross-signing keys.
pub(crate) struct Identity {
    pub(crate) user: OwnedUserId,
    pub(crate) master: Ed25519KeyPair,
    pub(crate) self_signing: Ed25519KeyPair,
    pub(crate) user_signing: Ed25519KeyPair,
}

impl Identity {
    pub(crate) fn new(user: &str) -> Self {
        Self {
            user: user_id(user),
            master: cross_signing_pair(),
            self_signing: cross_signing_pair(),
            user_signing: cross_signing_pair(),
        }
    }

    pub(crate) fn key(&self, usage: &str, pair: &Ed25519KeyPair) -> CanonicalJsonObject {
        let public = public(pair);
        object(json!({
            "user_id": self.user, "usage": [usage], "keys": { format!("ed25519:{public}"): public },
        }))
    }

    pub(crate) fn signed_by(
        &self,
        pair: &Ed25519KeyPair,
        mut object: CanonicalJsonObject,
    ) -> CanonicalJsonObject {
        sign_json(self.user.as_str(), pair, &mut object).unwrap();
        object
    }

    pub(crate) fn master_key(&self) -> CanonicalJsonObject {
        self.key("master", &self.master)
    }

    /// All three keys, signed as they must be.
    pub(crate) fn upload(&self) -> CrossSigningKeys {
        let of = |usage, pair| -> Raw<CrossSigningKey> {
            raw(&self.signed_by(&self.master, self.key(usage, pair)))
        };
        CrossSigningKeys {
            master: Some(raw(&self.master_key())),
            self_signing: Some(of("self_signing", &self.self_signing)),
            user_signing: Some(of("user_signing", &self.user_signing)),
        }
    }

    pub(crate) async fn publishes(&self, world: &World) {
        let unconfirmed = devices::Identity::Unconfirmed;
        let upload = self.upload();
        let done = world.devices.upload_cross_signing_keys(&self.user, &upload, unconfirmed).await;
        done.unwrap();
    }
}

/// A key pair whose name is its own public key, as those for cross-signing are called.
pub(crate) fn cross_signing_pair() -> Ed25519KeyPair {
    let document = Ed25519KeyPair::generate();
    let name = public(&Ed25519KeyPair::from_der(&document, "x".to_owned()).unwrap());
    Ed25519KeyPair::from_der(&document, name).unwrap()
}

fn key_pair(name: &str) -> Ed25519KeyPair {
    Ed25519KeyPair::from_der(&Ed25519KeyPair::generate(), name.to_owned()).unwrap()
}

pub(crate) fn public(pair: &Ed25519KeyPair) -> String {
    Base64::<Standard, _>::new(pair.public_key()).encode()
}

pub(crate) fn user_id(name: &str) -> OwnedUserId {
    format!("@{name}:s.example").try_into().unwrap()
}

fn room_id(name: &str) -> OwnedRoomId {
    format!("!{name}:s.example").try_into().unwrap()
}

pub(crate) fn object(value: Value) -> CanonicalJsonObject {
    rules::json::canonical_object(value).unwrap()
}

pub(crate) fn raw<T>(object: &CanonicalJsonObject) -> Raw<T> {
    Raw::from_json(raw_value(object))
}

pub(crate) fn raw_value(value: &impl serde::Serialize) -> Box<RawValue> {
    to_raw_value(value).unwrap()
}

/// The signature of a key on an object that was answered.
pub(crate) fn signature<'a>(object: &'a Value, user: &UserId, key_id: &str) -> Option<&'a str> {
    object["signatures"][user.as_str()][key_id].as_str()
}
