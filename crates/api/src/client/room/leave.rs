//! `POST /_matrix/client/v3/rooms/{roomId}/leave`: goes out of a room, or declines an invitation.

use rooms::{MemberProfile, Membership, MembershipChange};
use ruma_client_api::membership::leave_room::v3::{Request, Response};

use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let Request { room_id, reason, .. } = call.request;
    let user = &*call.who.user_id;
    let (to, profile) = (Membership::Leave, MemberProfile::default());
    let change = MembershipChange { by: user, of: user, to, reason, profile };
    app.rooms.change_membership(&room_id, change).await?;
    Ok(Response::new())
}
