//! `POST /_synapse/admin/v1/reset_password/{user_id}`: gives somebody a new password.

use accounts::OtherSessions;
use base::secret::Secret;
use ruma_common::UserId;
use serde::Deserialize;

use crate::admin::ask::{Ask, Done};
use crate::{ApiError, App};

/// Which.
#[derive(Deserialize)]
struct Body {
    new_password: String,
    #[serde(default = "yes")]
    logout_devices: bool,
}

/// Sessions end unless it is said that they go on.
pub(super) fn yes() -> bool {
    true
}

/// Handles the call.
pub(crate) async fn handler(app: App, ask: Ask) -> Result<Done, ApiError> {
    let (user, body): (_, Body) = (ask.user(&app)?, ask.body()?);
    change(&app, &user, Secret::new(body.new_password), body.logout_devices).await?;
    Ok(Done {})
}

/// Changes a password, and ends the sessions begun with the old one.
pub(super) async fn change(
    app: &App,
    user: &UserId,
    password: Secret<String>,
    logout_devices: bool,
) -> Result<(), ApiError> {
    let others = if logout_devices { OtherSessions::EndAllBut(None) } else { OtherSessions::Keep };
    for device in app.accounts.change_password(user, &password, others).await? {
        app.devices.remove(user, &device).await?;
    }
    Ok(())
}
