//! What people's devices publish and are told, and what people keep on the server.
//!
//! Public keys of devices (first in first out, handed out once), cross-signing keys and the
//! signatures that bind them, messages from device to device, the backup of room keys; and account
//! data, tags, filters and push rules. The attacker publishes keys in another's name, replays an
//! upload, or races another for a one-time key: signatures are verified, ids are remembered, and
//! every hand-out is a conditional batch. What a person wrote is sealed under their key; public
//! keys, which everybody may ask for, are not.

mod account_data;
mod backup;
mod backup_keys;
mod claims;
mod cross_signing;
mod dehydrated;
mod devices;
mod error;
mod filters;
mod ignored;
mod inbox;
mod one_time_keys;
mod push_rules;
mod query;
mod removal;
mod reserved;
mod rulesets;
mod signatures;
mod signed;
mod tables;
mod tags;
mod to_device;
mod upload;

pub use account_data::{AccountData, data_type};
pub use backup::{BackupInfo, BackupStamp};
pub use backup_keys::{BackedUpKeys, BackupPart};
pub use claims::{Claim, Claimed};
pub use cross_signing::{CrossSigningKeys, Identity};
pub use dehydrated::{Dehydrated, DehydratedMessages, NewDehydrated};
pub use devices::{Devices, Settings};
pub use error::DeviceError;
pub use inbox::Waiting;
pub use one_time_keys::KeyCounts;
pub use push_rules::{RuleId, RulePlace};
pub use query::{DeviceKeyMap, KeyQuery, QueriedKeys};
pub use signatures::{SignatureFailures, SignedObjects};
pub use tables::SEALED_BY_PERSON;
pub use to_device::{KnownDevices, Messages, Sending};
pub use upload::KeyUpload;
