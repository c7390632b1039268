//! `POST /_matrix/client/v3/account/password/email/requestToken`:
//! proves an e-mail address by which somebody is to get back in.

use ruma_client_api::account::request_password_change_token_via_email::v3::{Request, Response};

use super::address::require_email;
use super::denied;
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(_: App, call: Call<Request>) -> Result<Response, ApiError> {
    require_email(&call.request.email)?;
    Err(denied())
}
