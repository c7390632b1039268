//! `POST /_matrix/client/v3/account/3pid/email/requestToken`:
//! proves an e-mail address that is to be added to an account.

use ruma_client_api::account::request_3pid_management_token_via_email::v3::{Request, Response};

use super::address::require_email;
use super::unsupported;
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(_: App, call: Call<Request>) -> Result<Response, ApiError> {
    require_email(&call.request.email)?;
    Err(unsupported())
}
