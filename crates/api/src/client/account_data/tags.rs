//! `GET /_matrix/client/v3/user/{userId}/rooms/{roomId}/tags`: the tags of a room.

use ruma_client_api::tag::get_tags::v3::{Request, Response};

use super::require_own;
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let Request { user_id, room_id, .. } = call.request;
    require_own(&call.who, &user_id)?;
    Ok(Response::new(app.devices.tags(&user_id, &room_id).await?))
}
