//! `POST /_matrix/client/v3/account/password/msisdn/requestToken`:
//! proves a telephone number by which somebody is to get back in.

use ruma_client_api::account::request_password_change_token_via_msisdn::v3::{Request, Response};

use super::address::require_phone;
use super::denied;
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(_: App, call: Call<Request>) -> Result<Response, ApiError> {
    require_phone(&call.request.country, &call.request.phone_number)?;
    Err(denied())
}
