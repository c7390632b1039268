//! Rooms: what there is, who is in them, and their end.

mod block;
mod delete;
mod delete_and_wait;
mod delete_status;
mod delete_status_of_room;
mod details;
mod is_blocked;
mod join;
mod list;
mod media;
mod members;
mod purge_history;
mod purge_history_status;
mod quarantine_media;
mod state;

// What several of them share.
mod removal;
mod shown;

use http::Method;

use crate::routes::Routes;

pub(super) fn routes(routes: Routes) -> Routes {
    let (get, put, post, delete) = (&Method::GET, &Method::PUT, &Method::POST, &Method::DELETE);
    routes
        .administer(get, "v1/rooms", list::handler)
        .administer(get, "v1/rooms/{room_id}", details::handler)
        .administer(get, "v1/rooms/{room_id}/members", members::handler)
        .administer(get, "v1/rooms/{room_id}/state", state::handler)
        .administer(delete, "v1/rooms/{room_id}", delete_and_wait::handler)
        .administer(delete, "v2/rooms/{room_id}", delete::handler)
        .administer(get, "v2/rooms/{room_id}/delete_status", delete_status_of_room::handler)
        .administer(get, "v2/rooms/delete_status/{delete_id}", delete_status::handler)
        .administer(get, "v1/rooms/{room_id}/block", is_blocked::handler)
        .administer(put, "v1/rooms/{room_id}/block", block::handler)
        .administer(post, "v1/purge_history/{room_id}", purge_history::handler)
        .administer(post, "v1/purge_history/{room_id}/{event_id}", purge_history::handler)
        .administer(get, "v1/purge_history_status/{purge_id}", purge_history_status::handler)
        .administer(post, "v1/join/{room_id_or_alias}", join::handler)
        .administer(get, "v1/room/{room_id}/media", media::handler)
        .administer(post, "v1/room/{room_id}/media/quarantine", quarantine_media::handler)
}
