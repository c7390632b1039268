//! `GET /_matrix/client/v3/profile/{userId}/{keyName}`: one field of a profile.

use ruma_client_api::profile::get_profile_field::v3::{Request, Response};
use ruma_common::profile::ProfileFieldValue;

use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let field = call.request.field.as_str();
    let mut profile = app.accounts.profile(&call.request.user_id).await?;
    let value = profile.fields.remove(field);
    let value = value.ok_or_else(|| ApiError::not_found(format!("there is no {field}")))?;
    let value = ProfileFieldValue::new(field, value).map_err(|error| ApiError::internal(&error))?;
    Ok(Response::new(value))
}
