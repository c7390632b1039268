//! Backed-up keys between ruma's types and ours.

use std::collections::BTreeMap;

use js_int::UInt;
use ruma_client_api::backup::KeyBackupData;
use ruma_common::serde::Raw;
use serde_json::value::RawValue;

/// The keys of one room, by session, as they are kept.
pub(super) fn kept(
    sessions: BTreeMap<String, Raw<KeyBackupData>>,
) -> BTreeMap<String, Box<RawValue>> {
    sessions.into_iter().map(|(session, key)| (session, key.into_json())).collect()
}

/// The keys of one room, by session, as they are answered.
pub(super) fn answered(
    sessions: BTreeMap<String, Box<RawValue>>,
) -> BTreeMap<String, Raw<KeyBackupData>> {
    sessions.into_iter().map(|(session, key)| (session, Raw::from_json(key))).collect()
}

/// A count as JSON carries it.
pub(super) fn count(count: u64) -> UInt {
    UInt::new_saturating(count)
}
