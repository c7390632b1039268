//! `POST /_matrix/client/v1/appservice/{appserviceId}/ping`: has the server ask an application
//! service whether it is there.

use ruma_client_api::appservice::request_ping::v1::{Request, Response};

use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(_: App, call: Call<Request>) -> Result<Response, ApiError> {
    match call.who {}
}
