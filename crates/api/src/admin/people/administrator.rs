//! Making somebody an administrator, or a person as others.

use ruma_common::UserId;

use crate::admin::ask::Ask;
use crate::{ApiError, App};

/// Makes somebody an administrator, or a person as others. Nobody gives up their own power: the
/// last administrator could.
pub(super) async fn set(app: &App, ask: &Ask, user: &UserId, admin: bool) -> Result<(), ApiError> {
    if !admin && ask.who.user_id == user {
        return Err(ApiError::invalid_param("nobody demotes themselves"));
    }
    Ok(app.accounts.set_administrator(user, admin).await?)
}
