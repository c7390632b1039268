//! A room as answers show it.

use rooms::RoomInfo;
use ruma_common::{OwnedMxcUri, OwnedRoomAliasId, OwnedRoomId, OwnedUserId};
use serde::Serialize;

/// A room in a list.
#[derive(Serialize)]
pub(crate) struct Listed {
    room_id: OwnedRoomId,
    name: Option<String>,
    canonical_alias: Option<OwnedRoomAliasId>,
    joined_members: u64,
    joined_local_members: u64,
    version: Option<String>,
    creator: OwnedUserId,
    encryption: Option<String>,
    federatable: bool,
    public: bool,
    join_rules: Option<String>,
    guest_access: Option<String>,
    history_visibility: Option<String>,
    state_events: usize,
    room_type: Option<String>,
}

/// A room by itself.
#[derive(Serialize)]
pub(crate) struct Detailed {
    #[serde(flatten)]
    room: Listed,
    /// Of rooms that are open to everybody only, as the topic.
    avatar: Option<OwnedMxcUri>,
    topic: Option<String>,
    forgotten: bool,
}

impl From<RoomInfo> for Listed {
    fn from(info: RoomInfo) -> Self {
        let summary = info.summary;
        Self {
            room_id: summary.room_id,
            name: summary.name,
            canonical_alias: summary.canonical_alias,
            joined_members: info.joined,
            joined_local_members: info.joined_here,
            version: summary.room_version.map(|version| version.to_string()),
            creator: info.creator,
            encryption: summary.encryption.map(|algorithm| algorithm.to_string()),
            federatable: info.federatable,
            public: info.listed,
            join_rules: info.join_rule,
            guest_access: info.guest_access,
            history_visibility: info.history_visibility,
            state_events: info.state_events,
            room_type: summary.room_type.map(|kind| kind.to_string()),
        }
    }
}

impl From<RoomInfo> for Detailed {
    fn from(mut info: RoomInfo) -> Self {
        let (avatar, topic) = (info.summary.avatar_url.take(), info.summary.topic.take());
        Self { forgotten: info.joined_here == 0, avatar, topic, room: info.into() }
    }
}
