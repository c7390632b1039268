//! `GET /_matrix/client/v3/profile/{userId}`: what a person shows of themselves.

use ruma_client_api::profile::get_profile::v3::{Request, Response};

use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let profile = app.accounts.profile(&call.request.user_id).await?;
    Ok(profile.fields.into_iter().collect())
}
