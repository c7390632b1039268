//! `POST /_matrix/client/v3/rooms/{roomId}/invite`: asks somebody into a room.

use rooms::{Membership, MembershipChange};
use ruma_client_api::membership::invite_user::v3::{InvitationRecipient, Request, Response};

use super::people;
use super::third_party::{self, Found};
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let Request { room_id, recipient, .. } = call.request;
    let by = &*call.who.user_id;
    let (person, reason) = match recipient {
        InvitationRecipient::UserId(invitation) => (invitation.user_id, invitation.reason),
        InvitationRecipient::ThirdPartyId(invited) => {
            third_party::require_asked(&app, &invited)?;
            app.rooms.require_power_to_invite(by, &room_id).await?;
            match third_party::look_up(&app, &invited).await? {
                Found::Person(user) => (user, None),
                Found::Nobody => {
                    third_party::store(&app, by, &room_id, &invited).await?;
                    return Ok(Response::new());
                }
            }
        }
        _ => return Err(ApiError::bad_json("that names nobody")),
    };
    let of = &*person;
    // Who is not in the room learns nothing of who has an account.
    app.rooms.require_member(by, &room_id).await?;
    let profile = people::invitee(&app, of).await?;
    let to = Membership::Invite;
    let change = MembershipChange { by, of, to, reason, profile };
    app.rooms.change_membership(&room_id, change).await?;
    Ok(Response::new())
}
