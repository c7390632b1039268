//! `PUT /_matrix/client/v3/profile/{userId}/{keyName}`: sets a field of one's own profile.

use ruma_client_api::profile::set_profile_field::v3::{Request, Response};

use super::{require_own, show_in_rooms};
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let Request { user_id, value, .. } = call.request;
    require_own(&call.who, &user_id)?;
    let field = value.field_name();
    let value = value.value().into_owned();
    let profile = app.accounts.set_profile_field(&user_id, field.as_str(), value).await?;
    show_in_rooms(&app, &user_id, &field, profile).await?;
    Ok(Response::new())
}
