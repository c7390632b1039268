//! `POST /_matrix/client/v3/user/{userId}/filter`: keeps a filter, to be named in `/sync`.

use ruma_client_api::filter::create_filter::v3::{Request, Response};
use serde_json::value::to_raw_value;

use super::require_own;
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let Request { user_id, filter, .. } = call.request;
    require_own(&call.who, &user_id)?;
    let filter = to_raw_value(&filter).map_err(|error| ApiError::internal(&error))?;
    Ok(Response::new(app.devices.add_filter(&user_id, &filter).await?))
}
