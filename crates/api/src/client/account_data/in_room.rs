//! `GET /_matrix/client/v3/user/{userId}/rooms/{roomId}/account_data/{type}`: account data of one
//! type in a room.

use ruma_client_api::config::get_room_account_data::v3::{Request, Response};
use ruma_common::serde::Raw;

use super::require_own;
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let Request { user_id, room_id, event_type, .. } = call.request;
    require_own(&call.who, &user_id)?;
    let kind = event_type.to_string();
    let data = app.devices.account_datum(&user_id, Some(&room_id), &kind).await?;
    let data = data.ok_or_else(|| ApiError::not_found(format!("no account data {kind}")))?;
    Ok(Response::new(Raw::from_json(data.content)))
}
