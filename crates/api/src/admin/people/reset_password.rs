//! `POST /_synapse/admin/v1/reset_password/{user_id}`: gives somebody a new password.
//!
//! All of their sessions end, whatever `logout_devices` says: nobody goes on in a session unaware
//! that somebody else can sign in as them.

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
}

/// Handles the call.
pub(crate) async fn handler(app: App, ask: Ask) -> Result<Done, ApiError> {
    let (user, body): (_, Body) = (ask.user(&app)?, ask.body()?);
    change(&app, &user, Secret::new(body.new_password)).await?;
    Ok(Done {})
}

/// Changes a password, and ends all sessions of the person.
pub(super) async fn change(
    app: &App,
    user: &UserId,
    password: Secret<String>,
) -> Result<(), ApiError> {
    let all = OtherSessions::EndAllBut(None);
    for device in app.accounts.change_password(user, &password, all).await? {
        app.devices.remove(user, &device).await?;
    }
    Ok(())
}
