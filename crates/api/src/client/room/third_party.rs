//! Inviting by an address, and coming in by such an invitation.
//!
//! Only identity servers that the operator names are asked. Nothing is sent to one before it is
//! clear that whoever asks may invite.

use http::StatusCode;
use outside::{IdentityCall, IdentityError, Invitation, InvitationKey, ThirdParty};
use rooms::{MemberProfile, ThirdPartyInvite};
use ruma_client_api::membership::{Invite3pid, ThirdPartySigned};
use ruma_common::api::error::ErrorKind;
use ruma_common::{OwnedUserId, RoomId, UserId};
use serde_json::to_value;

use super::{people, reading};
use crate::{ApiError, App};

/// Whom an address turned out to be.
pub(super) enum Found {
    /// Somebody with an account.
    Person(OwnedUserId),
    /// Nobody that the identity server knows: the invitation waits there.
    Nobody,
}

/// Refuses an identity server that is not asked.
pub(super) fn require_asked(app: &App, invited: &Invite3pid) -> Result<(), ApiError> {
    Ok(app.identity.require(&invited.id_server)?)
}

/// Asks whose an address is.
pub(super) async fn look_up(app: &App, invited: &Invite3pid) -> Result<Found, ApiError> {
    let (medium, address) = (invited.medium.as_str(), normal(invited));
    let of = ThirdParty { medium, address: &address };
    match app.identity.look_up(call(invited), of).await? {
        Some(user) => {
            let nonsense = |_| reading::unknown(StatusCode::BAD_GATEWAY, NO_USER);
            Ok(Found::Person(UserId::parse(user).map_err(nonsense)?))
        }
        None => Ok(Found::Nobody),
    }
}

const NO_USER: &str = "the identity server answers with no user id";

/// Has the identity server keep and send an invitation into a room, and the room keep it.
pub(super) async fn store(
    app: &App,
    by: &UserId,
    room: &RoomId,
    invited: &Invite3pid,
) -> Result<(), ApiError> {
    let profile = people::profile(app, by).await?;
    // What a private room is called is nobody's outside of it.
    let known = app.rooms.room(room).await?;
    let name = if known.current().is_open() { known.summary().name } else { None };
    let address = normal(invited);
    let invitation = Invitation {
        medium: invited.medium.as_str(),
        address: &address,
        room_id: room.as_str(),
        sender: by.as_str(),
        sender_display_name: profile.name.as_deref(),
        room_name: name.as_deref(),
    };
    let stored = app.identity.store_invitation(call(invited), &invitation).await?;
    let keys = stored.public_keys.into_iter().map(|key| (key.public_key, key.key_validity_url));
    let invite =
        ThirdPartyInvite { token: stored.token, name: stored.display_name, keys: keys.collect() };
    Ok(app.rooms.invite_third_party(by, room, &invite).await?)
}

/// Has a person be asked in by the invitation to an address of which they prove that it is theirs.
/// The keys that prove it must be good still: this server is the one that looks.
pub(super) async fn accept(
    app: &App,
    user: &UserId,
    room: &RoomId,
    (profile, signed): (&MemberProfile, &ThirdPartySigned),
) -> Result<(), ApiError> {
    if signed.mxid != user {
        return Err(ApiError::forbidden("what is signed is about somebody else"));
    }
    let found = app.rooms.third_party_invite(room, &signed.token).await;
    let (_, invite) = found.map_err(reading::not_found)?;
    for (public_key, key_validity_url) in invite.keys {
        let key = InvitationKey { public_key, key_validity_url };
        if !app.identity.is_valid(&key).await? {
            return Err(ApiError::forbidden("a key of the invitation is not good any more"));
        }
    }
    let signed = to_value(signed).map_err(|error| ApiError::internal(&error))?;
    Ok(app.rooms.take_third_party_invite(user, room, (profile, &signed)).await?)
}

fn call(invited: &Invite3pid) -> IdentityCall<'_> {
    IdentityCall { server: &invited.id_server, token: &invited.id_access_token }
}

/// The address as it is compared: mail has no case (specification, "3PID Types").
fn normal(invited: &Invite3pid) -> String {
    match invited.medium.as_str() {
        "email" => invited.address.trim().to_lowercase(),
        _ => invited.address.trim().to_owned(),
    }
}

impl From<IdentityError> for ApiError {
    fn from(error: IdentityError) -> Self {
        let message = error.to_string();
        match error {
            IdentityError::NotAsked(_) => Self::forbidden(message),
            IdentityError::Unauthorized => {
                Self::new(StatusCode::FORBIDDEN, ErrorKind::Unauthorized, message)
            }
            IdentityError::Refused(_) | IdentityError::Nonsense(_) | IdentityError::Outside(_) => {
                reading::unknown(StatusCode::BAD_GATEWAY, message)
            }
        }
    }
}
