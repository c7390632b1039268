//! Room versions that this server knows.

use ruma_common::RoomVersionId;
use ruma_common::room_version_rules::RoomVersionRules;

/// Versions that rooms here may have. Older ones resolve state by an algorithm that is not safe.
pub const SUPPORTED: [RoomVersionId; 7] = [
    RoomVersionId::V6,
    RoomVersionId::V7,
    RoomVersionId::V8,
    RoomVersionId::V9,
    RoomVersionId::V10,
    RoomVersionId::V11,
    RoomVersionId::V12,
];

/// Version of new rooms, unless configured otherwise.
pub const DEFAULT: RoomVersionId = RoomVersionId::V12;

/// The rules of a version; `None` when rooms here cannot have it.
pub fn rules_of(version: &RoomVersionId) -> Option<RoomVersionRules> {
    if SUPPORTED.contains(version) { version.rules() } else { None }
}
