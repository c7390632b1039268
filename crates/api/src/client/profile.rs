//! What people show of themselves, and finding them by it.

mod delete_field;
mod get;
mod get_field;
mod search;
mod set_field;

use accounts::Profile;
use rooms::MemberProfile;
use ruma_common::UserId;
use ruma_common::profile::ProfileFieldName;

use crate::routes::Routes;
use crate::{ApiError, App, Caller};

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .add(get::handler)
        .add(get_field::handler)
        .add(set_field::handler)
        .add(delete_field::handler)
        .add(search::handler)
}

/// Refuses to touch another person's profile.
fn require_own(caller: &Caller, user: &UserId) -> Result<(), ApiError> {
    if caller.user_id == user {
        return Ok(());
    }
    Err(ApiError::forbidden("a profile is changed by its own person"))
}

/// Shows a new name or picture in the person's rooms.
pub(crate) async fn show_in_rooms(
    app: &App,
    user: &UserId,
    field: &ProfileFieldName,
    profile: Profile,
) -> Result<(), ApiError> {
    if matches!(field, ProfileFieldName::DisplayName | ProfileFieldName::AvatarUrl) {
        let profile = MemberProfile { name: profile.name, avatar: profile.avatar };
        app.rooms.update_profile(user, &profile).await?;
    }
    Ok(())
}
