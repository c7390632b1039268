//! `DELETE /_matrix/client/v3/user/{userId}/rooms/{roomId}/tags/{tag}`: takes a tag from a room.

use ruma_client_api::tag::delete_tag::v3::{Request, Response};

use super::require_own;
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let Request { user_id, room_id, tag, .. } = call.request;
    require_own(&call.who, &user_id)?;
    app.devices.delete_tag(&user_id, &room_id, &tag).await?;
    Ok(Response::new())
}
