//! `GET /_matrix/client/v3/user/{userId}/account_data/{type}`: global account data of one type.

use ruma_client_api::config::get_global_account_data::v3::{Request, Response};
use ruma_common::serde::Raw;

use super::require_own;
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let Request { user_id, event_type, .. } = call.request;
    require_own(&call.who, &user_id)?;
    let kind = event_type.to_string();
    let data = app.devices.account_datum(&user_id, None, &kind).await?;
    let data = data.ok_or_else(|| ApiError::not_found(format!("no account data {kind}")))?;
    Ok(Response::new(Raw::from_json(data.content)))
}
