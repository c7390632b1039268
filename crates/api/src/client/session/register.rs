//! `POST /_matrix/client/v3/register`: opening an account.

use accounts::{NewSession, SignedIn};
use base::secret::Secret;
use ruma_client_api::account::register::RegistrationKind;
use ruma_client_api::account::register::v3::{Request, Response};
use ruma_common::OwnedUserId;

use super::refresh_tokens;
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    match call.request.kind {
        RegistrationKind::Guest => take_guest_in(&app, call).await,
        RegistrationKind::User => open_account(&app, call).await,
        kind => Err(ApiError::invalid_param(format!("nobody registers here as {kind}"))),
    }
}

/// Takes a guest in: what else they say is ignored, and nothing has to be proven.
async fn take_guest_in(app: &App, call: Call<Request>) -> Result<Response, ApiError> {
    app.accounts.count_registration(call.address.0)?;
    Ok(response(app.accounts.open_guest(call.request.initial_device_display_name).await?))
}

async fn open_account(app: &App, call: Call<Request>) -> Result<Response, ApiError> {
    let request = call.request;
    let flows = app.accounts.registration_stages()?;
    app.accounts.count_registration(call.address.0)?;
    let username = request.username.as_deref();
    let guest = guest(app, username, request.guest_access_token.as_deref()).await?;
    if let (None, Some(username)) = (&guest, username) {
        app.accounts.require_open_to_strangers(username).await?;
    }
    let password = request.password.map(Secret::new);
    if let Some(password) = &password {
        app.accounts.require_strong_password(password)?;
    }
    app.confirm_stranger(flows, &call.asked, request.auth.as_ref()).await?;
    let password = password.ok_or_else(|| ApiError::missing_param("password is missing"))?;
    let user = match guest {
        Some(guest) => {
            app.accounts.upgrade_guest(&guest, &password).await?;
            guest
        }
        None => app.accounts.create(username, &password, None).await?,
    };
    if request.inhibit_login {
        return Ok(Response::new(user));
    }
    let new = NewSession {
        device_id: request.device_id,
        name: request.initial_device_display_name,
        refresh_tokens: refresh_tokens(request.refresh_token),
    };
    Ok(response(app.accounts.begin_session(&user, new).await?))
}

/// The guest who is to become a person, when one asks.
async fn guest(
    app: &App,
    username: Option<&str>,
    token: Option<&str>,
) -> Result<Option<OwnedUserId>, ApiError> {
    let Some(token) = token else { return Ok(None) };
    let missing = || ApiError::missing_param("a guest says by username who they are");
    let username = username.ok_or_else(missing)?;
    Ok(Some(app.accounts.guest_of(token, username).await?))
}

fn response(signed_in: SignedIn) -> Response {
    let SignedIn { user_id, device_id, tokens } = signed_in;
    let mut response = Response::new(user_id);
    response.access_token = Some(tokens.access.expose().clone());
    response.device_id = Some(device_id);
    response.refresh_token = tokens.refresh.map(|token| token.expose().clone());
    response.expires_in = tokens.expires_in;
    response
}
