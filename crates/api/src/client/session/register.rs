//! `POST /_matrix/client/v3/register`: opening an account.

use accounts::{NewSession, SignedIn};
use base::secret::Secret;
use ruma_client_api::account::register::RegistrationKind;
use ruma_client_api::account::register::v3::{Request, Response};

use super::refresh_tokens;
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let request = call.request;
    if request.kind != RegistrationKind::User {
        return Err(ApiError::forbidden("only people open accounts here, not guests"));
    }
    let flows = app.accounts.registration_stages()?;
    app.accounts.count_registration(call.address.0)?;
    let username = request.username.as_deref();
    if let Some(username) = username {
        app.accounts.require_available(username).await?;
    }
    let password = request.password.map(Secret::new);
    if let Some(password) = &password {
        app.accounts.require_strong_password(password)?;
    }
    app.confirm_stranger(flows, &call.asked, request.auth.as_ref()).await?;
    let password = password.ok_or_else(|| ApiError::missing_param("password is missing"))?;
    let user = app.accounts.create(username, &password, None).await?;
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

fn response(signed_in: SignedIn) -> Response {
    let SignedIn { user_id, device_id, tokens } = signed_in;
    let mut response = Response::new(user_id);
    response.access_token = Some(tokens.access.expose().clone());
    response.device_id = Some(device_id);
    response.refresh_token = tokens.refresh.map(|token| token.expose().clone());
    response.expires_in = tokens.expires_in;
    response
}
