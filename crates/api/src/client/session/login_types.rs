//! `GET /_matrix/client/v3/login`: the ways to sign in.

use ruma_client_api::session::get_login_types::v3::{
    LoginType, PasswordLoginType, Request, Response, TokenLoginType,
};

use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(_: App, _: Call<Request>) -> Result<Response, ApiError> {
    let mut by_token = TokenLoginType::new();
    by_token.get_login_token = true;
    let by_password = LoginType::Password(PasswordLoginType::new());
    Ok(Response::new(vec![by_password, LoginType::Token(by_token)]))
}
