//! `GET /_matrix/client/v3/account/whoami`: whose token this is.

use ruma_client_api::account::whoami::v3::{Request, Response};

use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(_: App, call: Call<Request>) -> Result<Response, ApiError> {
    let mut response = Response::new(call.who.user_id, call.who.standing.is_guest());
    response.device_id = Some(call.who.device_id);
    Ok(response)
}
