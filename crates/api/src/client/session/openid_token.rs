//! `POST /_matrix/client/v3/user/{userId}/openid/request_token`: a token by which a third party
//! learns who this is.

use ruma_client_api::account::request_openid_token::v3::{Request, Response};
use ruma_common::authentication::TokenType;

use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    if call.who.user_id != call.request.user_id {
        return Err(ApiError::forbidden("such a token is one's own"));
    }
    let (token, lifetime) = app.accounts.issue_openid_token(&call.who.user_id).await?;
    let server = app.settings.server_name.clone();
    Ok(Response::new(token.expose().clone(), TokenType::Bearer, server, lifetime))
}
