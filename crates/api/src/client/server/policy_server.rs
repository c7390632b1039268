//! `GET /.well-known/matrix/policy_server`: the keys of a policy server.

use ruma_client_api::discovery::discover_policy_server::{Request, Response};

use crate::{ApiError, App, Call};

/// Handles the call. This server signs events for no room but its own people's.
pub(crate) async fn handler(_: App, _: Call<Request>) -> Result<Response, ApiError> {
    Err(ApiError::not_found("no policy server is run here"))
}
