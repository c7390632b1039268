//! `GET /_matrix/client/v1/rooms/{roomId}/hierarchy`: the rooms of a space.

use rooms::{HierarchyRequest, HierarchyRoom};
use ruma_client_api::space::SpaceHierarchyRoomsChunk;
use ruma_client_api::space::get_hierarchy::v1::{Request, Response};
use ruma_common::serde::Raw;

use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let Request { room_id, from, limit, max_depth, suggested_only, .. } = call.request;
    let (limit, max_depth) = (limit.map(Into::into), max_depth.map(Into::into));
    let asked = HierarchyRequest { limit, max_depth, suggested_only, from };
    let page = app.rooms.hierarchy(&call.who.user_id, &room_id, &asked).await?;
    let mut response = Response::new();
    response.next_batch = page.next;
    response.rooms = page.rooms.into_iter().map(shown).collect::<Result<_, _>>()?;
    Ok(response)
}

fn shown(room: HierarchyRoom) -> Result<SpaceHierarchyRoomsChunk, ApiError> {
    let children = room.children.into_iter().map(Raw::from_json_string);
    let children = children.collect::<Result<_, _>>();
    let children = children.map_err(|error| ApiError::internal(&error))?;
    Ok(SpaceHierarchyRoomsChunk::new(room.summary, children))
}
