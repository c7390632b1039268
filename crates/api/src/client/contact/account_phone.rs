//! `POST /_matrix/client/v3/account/3pid/msisdn/requestToken`:
//! proves a telephone number that is to be added to an account.

use ruma_client_api::account::request_3pid_management_token_via_msisdn::v3::{Request, Response};

use super::address::require_phone;
use super::unsupported;
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(_: App, call: Call<Request>) -> Result<Response, ApiError> {
    require_phone(&call.request.country, &call.request.phone_number)?;
    Err(unsupported())
}
