//! `DELETE /_matrix/client/v3/profile/{userId}/{keyName}`: removes a field of one's own profile.

use ruma_client_api::profile::delete_profile_field::v3::{Request, Response};

use super::{require_own, show_in_rooms};
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let Request { user_id, field, .. } = call.request;
    require_own(&call.who, &user_id)?;
    let profile = app.accounts.delete_profile_field(&user_id, field.as_str()).await?;
    show_in_rooms(&app, &user_id, &field, profile).await?;
    Ok(Response::new())
}
