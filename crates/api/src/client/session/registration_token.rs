//! `GET /_matrix/client/v1/register/m.login.registration_token/validity`: whether a registration
//! token opens an account.

use ruma_client_api::account::check_registration_token_validity::v1::{Request, Response};

use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    app.accounts.registration_stages()?;
    app.accounts.count_registration(call.address.0)?;
    Ok(Response::new(app.accounts.is_registration_token(&call.request.token)))
}
