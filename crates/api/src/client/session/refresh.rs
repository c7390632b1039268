//! `POST /_matrix/client/v3/refresh`: new tokens for a refresh token.

use base::secret::Secret;
use ruma_client_api::session::refresh_token::v3::{Request, Response};

use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let token = Secret::new(call.request.refresh_token);
    let tokens = app.accounts.refresh(token.expose()).await?;
    let mut response = Response::new(tokens.access.expose().clone());
    response.refresh_token = tokens.refresh.map(|token| token.expose().clone());
    response.expires_in_ms = tokens.expires_in;
    Ok(response)
}
