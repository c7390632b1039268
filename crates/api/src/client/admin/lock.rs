//! `PUT /_matrix/client/v1/admin/lock/{userId}`: locks an account, or lets it be again.

use ruma_client_api::admin::lock_user::v1::{Request, Response};

use super::standing;
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let Request { user_id, locked, .. } = call.request;
    standing(&app, &call.who, &user_id).await?;
    app.accounts.set_locked(&user_id, locked).await?;
    Ok(Response::new(locked))
}
