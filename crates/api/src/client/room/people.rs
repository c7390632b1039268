//! What rooms show of people, and who may be asked into one.

use accounts::Profile;
use rooms::MemberProfile;
use ruma_common::UserId;

use crate::{ApiError, App};

/// What a person shows in rooms.
pub(super) async fn profile(app: &App, user: &UserId) -> Result<MemberProfile, ApiError> {
    let Profile { name, avatar, .. } = app.accounts.profile(user).await?;
    Ok(MemberProfile { name, avatar })
}

/// What somebody who is invited shows; refuses who has no account here.
pub(crate) async fn invitee(app: &App, user: &UserId) -> Result<MemberProfile, ApiError> {
    if user.server_name() != app.settings.server_name {
        let message = format!("{user} is on a server that this one does not talk to");
        return Err(ApiError::forbidden(message));
    }
    if !app.accounts.exists(user).await? {
        return Err(ApiError::not_found(format!("{user} has no account here")));
    }
    profile(app, user).await
}
