//! `GET /_matrix/client/v1/auth_metadata`: where OAuth is spoken, which it is not here.

use ruma_client_api::discovery::get_authorization_server_metadata::v1::{Request, Response};

use crate::{ApiError, App, Call};

/// Handles the call. (Specification: `M_UNRECOGNIZED` is how clients learn that a server has the
/// other API.)
pub(crate) async fn handler(_: App, _: Call<Request>) -> Result<Response, ApiError> {
    Err(ApiError::unrecognized())
}
