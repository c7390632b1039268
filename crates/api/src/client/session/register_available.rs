//! `GET /_matrix/client/v3/register/available`: whether a user name can be had.

use ruma_client_api::account::get_username_availability::v3::{Request, Response};

use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    app.accounts.registration_stages()?;
    app.accounts.count_registration(call.address.0)?;
    app.accounts.require_open_to_strangers(&call.request.username).await?;
    Ok(Response::new(true))
}
