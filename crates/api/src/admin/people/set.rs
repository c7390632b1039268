//! `PUT /_synapse/admin/v2/users/{user_id}`: opens an account, or changes one.

use accounts::Erasure;
use base::random;
use base::secret::Secret;
use ruma_common::UserId;
use serde::Deserialize;
use serde_json::Value;

use super::administrator;
use super::reset_password;
use super::shown::{Detailed, detailed};
use crate::admin::ask::{Ask, Told};
use crate::client::{close_account, show_in_rooms};
use crate::{ApiError, App};

/// What it is to be. What is not named stays as it is.
#[derive(Deserialize)]
struct Body {
    password: Option<String>,
    displayname: Option<String>,
    avatar_url: Option<String>,
    admin: Option<bool>,
    locked: Option<bool>,
    deactivated: Option<bool>,
}

/// Handles the call.
pub(crate) async fn handler(app: App, ask: Ask) -> Result<Told<Detailed>, ApiError> {
    let (user, mut body): (_, Body) = (ask.user(&app)?, ask.body()?);
    let opened = match app.accounts.info(&user).await? {
        Some(info) if info.closed.is_some() => {
            if body.deactivated == Some(true) {
                return Ok(Told::It(detailed(&app, &user).await?));
            }
            let message = format!("the account of {user} is closed, and stays closed");
            return Err(ApiError::invalid_param(message));
        }
        Some(_) => false,
        None => {
            open(&app, &user, &mut body).await?;
            true
        }
    };
    change(&app, &ask, &user, body).await?;
    let account = detailed(&app, &user).await?;
    Ok(if opened { Told::Made(account) } else { Told::It(account) })
}

/// Opens an account. Without a password nobody signs in to it until it is given one.
async fn open(app: &App, user: &UserId, body: &mut Body) -> Result<(), ApiError> {
    let password = body.password.take().unwrap_or_else(random::base32::<32>);
    let password = Secret::new(password);
    let name = body.displayname.take();
    app.accounts.create(Some(user.localpart()), &password, name.as_deref()).await?;
    Ok(())
}

async fn change(app: &App, ask: &Ask, user: &UserId, body: Body) -> Result<(), ApiError> {
    if body.deactivated == Some(true) {
        return close_account(app, user, Erasure::Keep).await;
    }
    if let Some(password) = body.password {
        reset_password::change(app, user, Secret::new(password)).await?;
    }
    for (field, value) in [("displayname", body.displayname), ("avatar_url", body.avatar_url)] {
        if let Some(value) = value {
            let profile = app.accounts.set_profile_field(user, field, Value::String(value)).await?;
            show_in_rooms(app, user, &field.into(), profile).await?;
        }
    }
    if let Some(admin) = body.admin {
        administrator::set(app, ask, user, admin).await?;
    }
    if let Some(locked) = body.locked {
        app.accounts.set_locked(user, locked).await?;
    }
    Ok(())
}
