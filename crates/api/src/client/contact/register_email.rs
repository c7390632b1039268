//! `POST /_matrix/client/v3/register/email/requestToken`:
//! proves an e-mail address with which an account is to be opened.

use ruma_client_api::account::request_registration_token_via_email::v3::{Request, Response};

use super::address::require_email;
use super::denied;
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(_: App, call: Call<Request>) -> Result<Response, ApiError> {
    require_email(&call.request.email)?;
    Err(denied())
}
