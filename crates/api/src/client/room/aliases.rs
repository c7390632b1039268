//! `GET /_matrix/client/v3/rooms/{roomId}/aliases`: the aliases of a room.

use ruma_client_api::room::aliases::v3::{Request, Response};

use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    Ok(Response::new(app.rooms.aliases(&call.who.user_id, &call.request.room_id).await?))
}
