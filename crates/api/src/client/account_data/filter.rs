//! `GET /_matrix/client/v3/user/{userId}/filter/{filterId}`: a filter that was kept.

use ruma_client_api::filter::get_filter::v3::{Request, Response};

use super::require_own;
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let Request { user_id, filter_id, .. } = call.request;
    require_own(&call.who, &user_id)?;
    let filter = app.devices.filter(&user_id, &filter_id).await?;
    let filter = filter.ok_or_else(|| ApiError::not_found("no such filter"))?;
    let filter = serde_json::from_str(filter.get()).map_err(|error| ApiError::internal(&error))?;
    Ok(Response::new(filter))
}
