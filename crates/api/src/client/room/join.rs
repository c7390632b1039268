//! `POST /_matrix/client/v3/rooms/{roomId}/join`: comes into a room.

use rooms::{Membership, MembershipChange};
use ruma_client_api::membership::ThirdPartySigned;
use ruma_client_api::membership::join_room_by_id::v3::{Request, Response};
use ruma_common::{RoomId, UserId};

use super::{people, reading, third_party};
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let Request { room_id, reason, third_party_signed, .. } = call.request;
    let signed = third_party_signed.as_ref();
    join(&app, &call.who.user_id, &room_id, (reason, signed)).await?;
    Ok(Response::new(room_id))
}

/// Lets a person come into a room.
pub(crate) async fn join(
    app: &App,
    user: &UserId,
    room: &RoomId,
    (reason, signed): (Option<String>, Option<&ThirdPartySigned>),
) -> Result<(), ApiError> {
    let profile = people::profile(app, user).await?;
    if let Some(signed) = signed {
        third_party::accept(app, user, room, (&profile, signed)).await?;
    }
    if app.accounts.standing(user).await?.is_guest() {
        let joined = app.rooms.join_as_guest(user, room, reason, profile).await;
        return joined.map_err(reading::not_found);
    }
    let change = MembershipChange { by: user, of: user, to: Membership::Join, reason, profile };
    app.rooms.change_membership(room, change).await.map_err(reading::not_found)
}
