//! `POST /_matrix/client/v1/login/get_token`: lets another device of the person sign in once.

use ruma_client_api::session::get_login_token::v1::{Request, Response};

use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    app.confirm(&call.who, &call.asked, call.request.auth.as_ref()).await?;
    let (token, lifetime) = app.accounts.issue_login_token(&call.who.user_id).await?;
    Ok(Response::new(lifetime, token.expose().clone()))
}
