//! `POST /_matrix/client/v3/rooms/{roomId}/ban`: keeps somebody out of a room.

use rooms::{MemberProfile, Membership, MembershipChange};
use ruma_client_api::membership::ban_user::v3::{Request, Response};

use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let Request { room_id, user_id, reason, .. } = call.request;
    let (to, profile) = (Membership::Ban, MemberProfile::default());
    let change = MembershipChange { by: &call.who.user_id, of: &user_id, to, reason, profile };
    app.rooms.change_membership(&room_id, change).await?;
    Ok(Response::new())
}
