//! `GET /_matrix/client/v3/login/sso/redirect/{idpId}`: signing in at a provider, of which there is
//! none.

use ruma_client_api::session::sso_login_with_provider::v3::{Request, Response};

use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(_: App, _: Call<Request>) -> Result<Response, ApiError> {
    Err(ApiError::not_found("no such provider is known here"))
}
