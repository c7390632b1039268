//! `PUT /_matrix/client/v3/user/{userId}/account_data/{type}`: sets global account data.

use ruma_client_api::config::set_global_account_data::v3::{Request, Response};

use super::require_own;
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let Request { user_id, event_type, data, .. } = call.request;
    require_own(&call.who, &user_id)?;
    let kind = event_type.to_string();
    app.devices.set_account_data(&user_id, None, &kind, data.json()).await?;
    Ok(Response::new())
}
