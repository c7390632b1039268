//! `POST /_matrix/client/v3/rooms/{roomId}/invite`: asks somebody into a room.

use rooms::{Membership, MembershipChange};
use ruma_client_api::membership::invite_user::v3::{InvitationRecipient, Request, Response};

use super::people;
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let Request { room_id, recipient, .. } = call.request;
    let InvitationRecipient::UserId(invitation) = recipient else {
        return Err(people::no_invitation_by_address());
    };
    let (by, of) = (&*call.who.user_id, &*invitation.user_id);
    // Who is not in the room learns nothing of who has an account.
    app.rooms.require_member(by, &room_id).await?;
    let profile = people::invitee(&app, of).await?;
    let (to, reason) = (Membership::Invite, invitation.reason);
    let change = MembershipChange { by, of, to, reason, profile };
    app.rooms.change_membership(&room_id, change).await?;
    Ok(Response::new())
}
