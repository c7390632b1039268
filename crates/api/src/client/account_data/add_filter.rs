//! `POST /_matrix/client/v3/user/{userId}/filter`: keeps a filter, to be named in `/sync`.

use ruma_client_api::filter::create_filter::v3::{Request, Response};
use serde_json::value::RawValue;
use sync::Filter;

use super::require_own;
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let Request { user_id, .. } = call.request;
    require_own(&call.who, &user_id)?;
    // As it was said: ruma's type, which it was read as, leaves some of it out.
    let filter: &RawValue = serde_json::from_slice(&call.body)
        .map_err(|error| ApiError::bad_json(error.to_string()))?;
    Filter::parse(filter.get())?;
    Ok(Response::new(app.devices.add_filter(&user_id, filter).await?))
}
