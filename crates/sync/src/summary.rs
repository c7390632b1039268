//! How a client can name a room that has no name.
//!
//! `spec/data/api/client-server/sync.yaml`, `RoomSummary`.

use rooms::{Current, Membership};
use ruma_common::{OwnedUserId, UserId};
use serde::Deserialize;

use crate::answer::Summary;
use crate::moment::member_key;

/// People that a room is named by, at most.
const HEROES: usize = 5;

/// The summary of a room, for one person in it.
pub(crate) fn summary(current: &Current, user: &UserId) -> Summary {
    let heroes = (!has_name(current)).then(|| heroes(current, user));
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

/// The first who came and are in the room or asked to be; who was, when there is nobody.
fn heroes(current: &Current, user: &UserId) -> Vec<OwnedUserId> {
    let pick = |wanted: fn(Membership) -> bool| {
        let people = current
            .members
            .iter()
            .filter(|(person, membership)| *person != user && wanted(**membership));
        let mut people: Vec<_> = people
            .filter_map(|(person, _)| {
                Some((current.state.get(&member_key(person))?.ord, person.clone()))
            })
            .collect();
        people.sort();
        people.into_iter().take(HEROES).map(|(_, person)| person).collect::<Vec<_>>()
    };
    let there = pick(|membership| matches!(membership, Membership::Join | Membership::Invite));
    if there.is_empty() {
        return pick(|membership| matches!(membership, Membership::Leave | Membership::Ban));
    }
    there
}
