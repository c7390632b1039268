//! `GET /_matrix/client/v1/admin/suspend/{userId}`: whether an account is suspended.

use ruma_client_api::admin::is_user_suspended::v1::{Request, Response};

use super::standing;
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let standing = standing(&app, &call.who, &call.request.user_id).await?;
    Ok(Response::new(standing.suspended))
}
