//! Administration of people, as the specification has it.
//!
//! Who does not administer the server learns nothing of who has an account on it: that is asked
//! first.

mod is_locked;
mod is_suspended;
mod lock;
mod suspend;
pub(super) mod whois;

use accounts::Standing;
use ruma_client_api::admin::get_user_info;
use ruma_common::UserId;

use crate::admission::require_administrator;
use crate::routes::Routes;
use crate::{ApiError, App, Caller};

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .add(is_locked::handler)
        .add(lock::handler)
        .add(is_suspended::handler)
        .add(suspend::handler)
        .add_raw::<get_user_info::v3::Request, _, _>(whois::handler)
}

/// Refuses who may not decide about anybody, and about whom nobody here decides.
fn require_power_over(app: &App, caller: &Caller, user: &UserId) -> Result<(), ApiError> {
    require_administrator(caller)?;
    if user.server_name() == app.settings.server_name {
        return Ok(());
    }
    Err(ApiError::invalid_param(format!("{user} does not belong to this server")))
}

/// How the account of somebody stands, who is not an administrator.
async fn standing(app: &App, caller: &Caller, user: &UserId) -> Result<Standing, ApiError> {
    require_power_over(app, caller, user)?;
    let standing = app.accounts.standing(user).await?;
    if standing.is_administrator() {
        return Err(ApiError::forbidden(format!("{user} is an administrator")));
    }
    Ok(standing)
}
