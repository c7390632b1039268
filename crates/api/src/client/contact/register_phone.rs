//! `POST /_matrix/client/v3/register/msisdn/requestToken`:
//! proves a telephone number with which an account is to be opened.

use ruma_client_api::account::request_registration_token_via_msisdn::v3::{Request, Response};

use super::address::require_phone;
use super::denied;
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(_: App, call: Call<Request>) -> Result<Response, ApiError> {
    require_phone(&call.request.country, &call.request.phone_number)?;
    Err(denied())
}
