//! `POST /_matrix/client/v3/rooms/{roomId}/unban`: no longer keeps somebody out of a room.

use ruma_client_api::membership::unban_user::v3::{Request, Response};

use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let Request { room_id, user_id, reason, .. } = call.request;
    app.rooms.unban(&call.who.user_id, &room_id, &user_id, reason).await?;
    Ok(Response::new())
}
