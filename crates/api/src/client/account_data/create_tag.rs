//! `PUT /_matrix/client/v3/user/{userId}/rooms/{roomId}/tags/{tag}`: gives a room a tag.

use ruma_client_api::tag::create_tag::v3::{Request, Response};

use super::require_own;
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let Request { user_id, room_id, tag, tag_info, .. } = call.request;
    require_own(&call.who, &user_id)?;
    app.devices.set_tag(&user_id, &room_id, &tag, &tag_info).await?;
    Ok(Response::new())
}
