//! `GET /_matrix/client/v1/admin/lock/{userId}`: whether an account is locked.

use ruma_client_api::admin::is_user_locked::v1::{Request, Response};

use super::standing;
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let standing = standing(&app, &call.who, &call.request.user_id).await?;
    Ok(Response::new(standing.locked))
}
