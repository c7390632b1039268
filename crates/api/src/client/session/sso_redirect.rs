//! `GET /_matrix/client/v3/login/sso/redirect`: signing in elsewhere, where nobody does it.

use ruma_client_api::session::sso_login::v3::{Request, Response};

use crate::{ApiError, App, Call};

/// Handles the call: `GET /login` names no such way to sign in.
pub(crate) async fn handler(_: App, _: Call<Request>) -> Result<Response, ApiError> {
    Err(ApiError::not_found("nobody signs in through another service here"))
}
