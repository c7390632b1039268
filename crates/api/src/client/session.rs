//! Opening an account, signing in and out, the sessions of a person.

mod auth_metadata;
mod change_password;
mod deactivate;
mod delete_device;
mod delete_devices;
mod device;
mod devices;
mod issue_login_token;
mod login;
mod login_types;
mod logout;
mod logout_all;
mod name_device;
mod openid_token;
mod openid_user;
mod refresh;
mod register;
mod register_available;
mod registration_token;
mod shared_secret_nonce;
mod shared_secret_register;
mod sso_redirect;
mod sso_redirect_to;
mod whoami;

use accounts::RefreshTokens;
use http::{Method, StatusCode};
use ruma_common::api::error::ErrorKind;
use ruma_common::{DeviceId, UserId};

pub(crate) use deactivate::close;
pub use deactivate::finish_departures;

use crate::routes::Routes;
use crate::{ApiError, App, Caller};

/// Where known tools open accounts.
const BY_SHARED_SECRET: &str = "/_synapse/admin/v1/register";

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .add(login_types::handler)
        .add(login::handler)
        .add(issue_login_token::handler)
        .add(refresh::handler)
        .add(logout::handler)
        .add(logout_all::handler)
        .add_without_nulls(register::handler)
        .add(register_available::handler)
        .add(registration_token::handler)
        .add(whoami::handler)
        .add(change_password::handler)
        .add(deactivate::handler)
        .add_without_nulls(devices::handler)
        .add_without_nulls(device::handler)
        .add(name_device::handler)
        .add(delete_device::handler)
        .add(delete_devices::handler)
        .add(openid_token::handler)
        .raw(&Method::GET, openid_user::PATH, openid_user::handler)
        .add(sso_redirect::handler)
        .add(sso_redirect_to::handler)
        .add(auth_metadata::handler)
        .raw(&Method::GET, BY_SHARED_SECRET, shared_secret_nonce::handler)
        .raw(&Method::POST, BY_SHARED_SECRET, shared_secret_register::handler)
}

/// Ends a session, and the device with it. The keys go first: a server that stops in between
/// leaves a session without keys, which its person can end again, and not keys without a session.
pub(crate) async fn end(app: &App, user: &UserId, device: &DeviceId) -> Result<(), ApiError> {
    app.devices.remove(user, device).await?;
    app.accounts.end_session(user, device).await?;
    Ok(())
}

fn refresh_tokens(supported: bool) -> RefreshTokens {
    if supported { RefreshTokens::Supported } else { RefreshTokens::Unsupported }
}

/// Who asks, of an endpoint that could do without: proof by e-mail is not offered here.
fn require_caller(caller: Option<Caller>) -> Result<Caller, ApiError> {
    let message = "an access token is missing";
    caller.ok_or_else(|| ApiError::new(StatusCode::UNAUTHORIZED, ErrorKind::MissingToken, message))
}
