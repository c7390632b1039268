//! `POST /_matrix/client/v3/rooms/{roomId}/join`: comes into a room.

use rooms::{Membership, MembershipChange};
use ruma_client_api::membership::join_room_by_id::v3::{Request, Response};
use ruma_common::{RoomId, UserId};

use super::{people, reading};
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let Request { room_id, reason, .. } = call.request;
    join(&app, &call.who.user_id, &room_id, reason).await?;
    Ok(Response::new(room_id))
}

/// Lets a person come into a room.
pub(super) async fn join(
    app: &App,
    user: &UserId,
    room: &RoomId,
    reason: Option<String>,
) -> Result<(), ApiError> {
    let profile = people::profile(app, user).await?;
    let change = MembershipChange { by: user, of: user, to: Membership::Join, reason, profile };
    app.rooms.change_membership(room, change).await.map_err(reading::not_found)
}
