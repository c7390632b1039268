//! How a client can name a room that has no name.
//!
//! `spec/data/api/client-server/sync.yaml`, `RoomSummary`.

use rooms::Current;
use ruma_common::UserId;
use serde::Deserialize;

use crate::answer::Summary;

/// The summary of a room, for one person in it.
pub(crate) fn summary(current: &Current, user: &UserId) -> Summary {
    let heroes = (!has_name(current)).then(|| current.heroes(user));
    Summary { heroes, joined: current.joined, invited: current.invited }
}

fn has_name(current: &Current) -> bool {
    #[derive(Deserialize)]
    struct Content {
        name: Option<String>,
        alias: Option<String>,
    }
    ["m.room.name", "m.room.canonical_alias"].into_iter().any(|kind| {
        let content: Option<Content> = current.content(kind);
        let text = content.and_then(|content| content.name.or(content.alias));
        text.is_some_and(|text| !text.is_empty())
    })
}
