//! Rooms: who is in them, what is said and known in them, how they are found.

mod aliases;
mod ban;
mod context;
mod create;
mod create_alias;
mod delete_alias;
mod event;
mod event_by_time;
mod expel_guests;
mod forget;
mod hierarchy;
mod invite;
mod join;
mod join_by_alias;
mod joined_members;
mod joined_rooms;
mod kick;
mod knock;
mod leave;
mod listing;
mod members;
mod messages;
mod mutual_rooms;
mod public_rooms;
mod public_rooms_filtered;
mod read_markers;
mod receipt;
mod redact;
mod relations;
mod relations_by_event_type;
mod relations_by_type;
mod resolve_alias;
mod search;
mod send;
mod send_state;
mod set_listing;
mod state;
mod state_event;
mod summary;
mod threads;
mod typing;
mod unban;
mod upgrade;

// What several of them share.
mod directory;
mod paging;
mod people;
mod reading;
mod related;
mod third_party;

pub(crate) use join::join as join_room;
pub(crate) use people::invitee;
pub(crate) use reading::room_of;

pub use expel_guests::expel_guests;

use crate::routes::Routes;

pub(super) use reading::{ignored, nothing_to_see};

/// State under an empty key, whose slash at the end may be left out: no part of ruma's paths.
const STATE_UNDER_EMPTY_KEY: [&str; 4] = [
    "/_matrix/client/v3/rooms/{room_id}/state/{event_type}",
    "/_matrix/client/v3/rooms/{room_id}/state/{event_type}/",
    "/_matrix/client/r0/rooms/{room_id}/state/{event_type}",
    "/_matrix/client/r0/rooms/{room_id}/state/{event_type}/",
];

pub(super) fn routes(routes: Routes) -> Routes {
    let routes = comings_and_goings(routes);
    let routes = timeline(routes);
    finding(routes)
}

fn comings_and_goings(routes: Routes) -> Routes {
    routes
        .add(create::handler)
        .add(join::handler)
        .add(join_by_alias::handler)
        .add(leave::handler)
        .add(forget::handler)
        .add(invite::handler)
        .add(kick::handler)
        .add(ban::handler)
        .add(unban::handler)
        .add(knock::handler)
        .add(joined_rooms::handler)
        .add(mutual_rooms::handler)
        .add(members::handler)
        .add(joined_members::handler)
        .add(upgrade::handler)
}

fn timeline(routes: Routes) -> Routes {
    routes
        .add(send::handler)
        .add(send_state::handler)
        .add_at(STATE_UNDER_EMPTY_KEY, send_state::handler)
        .add(state::handler)
        .add(state_event::handler)
        .add_at(STATE_UNDER_EMPTY_KEY, state_event::handler)
        .add(event::handler)
        .add(event_by_time::handler)
        .add(messages::handler)
        .add(context::handler)
        .add(relations::handler)
        .add(relations_by_type::handler)
        .add(relations_by_event_type::handler)
        .add(threads::handler)
        .add(redact::handler)
        .add(receipt::handler)
        .add(read_markers::handler)
        .add(typing::handler)
}

fn finding(routes: Routes) -> Routes {
    routes
        .add(create_alias::handler)
        .add(resolve_alias::handler)
        .add(delete_alias::handler)
        .add(aliases::handler)
        .add(listing::handler)
        .add_filling(set_listing::handler, &[("visibility", "\"public\"")])
        .add(public_rooms::handler)
        .add(public_rooms_filtered::handler)
        .add(summary::handler)
        .add(search::handler)
        .add(hierarchy::handler)
}
