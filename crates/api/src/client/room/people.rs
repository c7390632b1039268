//! What rooms show of people, and who may be asked into one.

use accounts::Profile;
use http::StatusCode;
use rooms::MemberProfile;
use ruma_common::UserId;
use ruma_common::api::error::ErrorKind;

use crate::{ApiError, App};

/// What a person shows in rooms.
pub(super) async fn profile(app: &App, user: &UserId) -> Result<MemberProfile, ApiError> {
    let Profile { name, avatar, .. } = app.accounts.profile(user).await?;
    Ok(MemberProfile { name, avatar })
}

/// What somebody who is invited shows; refuses who has no account here.
pub(super) async fn invitee(app: &App, user: &UserId) -> Result<MemberProfile, ApiError> {
    if user.server_name() != app.settings.server_name {
        let message = format!("{user} is on a server that this one does not talk to");
        return Err(ApiError::forbidden(message));
    }
    if !app.accounts.exists(user).await? {
        return Err(ApiError::not_found(format!("{user} has no account here")));
    }
    profile(app, user).await
}

/// People are invited by their identifier only.
pub(super) fn no_invitation_by_address() -> ApiError {
    let message = "people are invited by their Matrix identifier: this server has no identity \
        server that finds them by an address";
    ApiError::new(StatusCode::FORBIDDEN, ErrorKind::ThreepidDenied, message)
}
