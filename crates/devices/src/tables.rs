//! The tables of this crate. Keys are people, devices, rooms, hashes and key ids; what a person
//! wrote stands in sealed values only.

use base::clock::Timestamp;
use base::number::LogPosition;
use serde::{Deserialize, Serialize};
use store::{Counters, Table};
use vault::SealedTable;

/// A person's device.
pub(crate) type DeviceKey = (String, String);

/// Identity keys of a device, as it uploaded them: canonical JSON without `unsigned`.
pub(crate) const DEVICE_KEYS: Table<DeviceKey, String> = Table::new("device_keys");

/// One-time keys that nobody has claimed: person, device, algorithm, number in order of upload.
pub(crate) const ONE_TIME_KEYS: Table<(String, String, String, u64), OneTimeRow> =
    Table::new("one_time_keys");
/// Ids of one-time keys that a device uploaded, claimed or not: an upload repeated does not bring a
/// claimed key back.
pub(crate) const ONE_TIME_IDS: Table<(String, String, String), OneTimeIdRow> =
    Table::new("one_time_key_ids");
/// Ids of claimed keys by number, so that the oldest can be forgotten.
pub(crate) const CLAIMED_IDS: Table<(String, String, u64), String> =
    Table::new("one_time_keys_claimed");
/// The number of a device's next one-time key.
pub(crate) const ONE_TIME_NEXT: Table<DeviceKey, u64> = Table::new("one_time_key_next");
/// How many one-time keys a device has left, by algorithm.
pub(crate) const ONE_TIME_COUNTS: Counters<(String, String, String)> =
    Counters::new("one_time_key_counts");
/// The key of a device that is handed out when its one-time keys have run out, by algorithm.
pub(crate) const FALLBACK_KEYS: Table<(String, String, String), FallbackRow> =
    Table::new("fallback_keys");

/// Cross-signing keys of a person, by usage: canonical JSON without signatures of others.
pub(crate) const CROSS_SIGNING: Table<(String, String), String> = Table::new("cross_signing_keys");
/// How often a person's devices' identities and cross-signing keys changed: a change that depends on
/// several of them names the version that it was decided on.
pub(crate) const KEY_VERSIONS: Table<String, u64> = Table::new("key_versions");
/// Whose key, which (device id or public key), signed by whom, with which key.
pub(crate) type SignatureKey = (String, String, String, String);
/// Signatures on a key that came after it.
pub(crate) const SIGNATURES: Table<SignatureKey, String> = Table::new("key_signatures");
/// Whose keys a person signed, to find their signatures again.
pub(crate) const SIGNED_BY: Table<(String, String), ()> = Table::new("key_signatures_by");

/// Messages that wait for a device.
pub(crate) const INBOX: Table<(DeviceKey, LogPosition), InboxRow> = Table::new("device_inbox");
/// Messages that a device sent: a request repeated sends nothing again. Type and transaction id as
/// a hash.
pub(crate) const SENT: Table<(String, String, [u8; 16]), Timestamp> = Table::new("to_device_sent");
/// The same by time, so that the oldest can be forgotten.
pub(crate) const SENT_AT: Table<(String, String, u64, [u8; 16]), ()> =
    Table::new("to_device_sent_at");

/// The device that a person keeps here for their next one, by its id.
pub(crate) const DEHYDRATED: Table<String, String> = Table::new("dehydrated_devices");
/// What is kept of it.
pub(crate) const DEHYDRATED_DATA: SealedTable<DeviceKey, DehydratedRow> =
    SealedTable::new("dehydrated_device_data");

/// Backups of room keys, by version.
pub(crate) const BACKUPS: Table<(String, u64), BackupRow> = Table::new("key_backups");
/// The last version that a person's backups were given; never given again.
pub(crate) const BACKUP_LAST: Table<String, u64> = Table::new("key_backup_last");
/// `auth_data` of a backup.
pub(crate) const BACKUP_AUTH: SealedTable<(String, u64), String> =
    SealedTable::new("key_backup_auth");
/// Backed-up keys: person, version, room, session.
pub(crate) const BACKUP_KEYS: SealedTable<(String, u64, String, String), String> =
    SealedTable::new("key_backup_keys");

/// Account data: person, room (empty for global), hash of the type.
pub(crate) const ACCOUNT_DATA: SealedTable<(String, String, [u8; 16]), DatumRow> =
    SealedTable::new("account_data");
/// How often a person's account data changed: what a change that depends on the old value checks.
pub(crate) const REVISIONS: Table<String, u64> = Table::new("account_data_revisions");
/// Filters: person, hash of the filter.
pub(crate) const FILTERS: SealedTable<(String, String), String> = SealedTable::new("filters");

/// A one-time key that nobody has claimed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct OneTimeRow {
    /// `algorithm:name`.
    pub(crate) id: String,
    /// The key as it was uploaded.
    pub(crate) key: String,
}

/// What is known of a one-time key's id.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct OneTimeIdRow {
    /// SHA-256 of the key as it was uploaded, to tell a repeated upload from another key.
    pub(crate) hash: [u8; 32],
}

/// A fallback key.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct FallbackRow {
    /// `algorithm:name`.
    pub(crate) id: String,
    /// The key as it was uploaded.
    pub(crate) key: String,
    /// Whether it was handed out: its device should replace it.
    pub(crate) used: bool,
}

/// A message that waits for a device. Its position is known only inside the commit, so it is
/// sealed for a place made of the device and a random id.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct InboxRow {
    /// The random id.
    pub(crate) id: [u8; 16],
    /// The event, sealed under the recipient's key.
    pub(crate) sealed: Vec<u8>,
}

/// A device that waits for its person's next one.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct DehydratedRow {
    /// What its person's clients make it of, as JSON.
    pub(crate) data: String,
    /// What it is called.
    pub(crate) name: Option<String>,
}

/// A backup of room keys.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct BackupRow {
    /// How its keys are encrypted.
    pub(crate) algorithm: String,
    /// How often its keys changed.
    pub(crate) etag: u64,
    /// How many keys it holds.
    pub(crate) count: u64,
}

/// One piece of account data.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct DatumRow {
    /// Its type.
    pub(crate) kind: String,
    /// Its content.
    pub(crate) content: String,
}

/// Tables whose keys begin with a person and whose values are sealed under that person's key: what
/// the verification of a backup opens a sample of.
pub const SEALED_BY_PERSON: [&str; 5] = [
    ACCOUNT_DATA.name(),
    BACKUP_AUTH.name(),
    BACKUP_KEYS.name(),
    DEHYDRATED_DATA.name(),
    FILTERS.name(),
];
