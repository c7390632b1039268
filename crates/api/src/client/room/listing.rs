//! `GET /_matrix/client/v3/directory/list/room/{roomId}`: whether a room is in the directory.

use ruma_client_api::directory::get_room_visibility::v3::{Request, Response};
use ruma_client_api::room::Visibility;

use super::reading;
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let listed = app.rooms.is_listed(&call.request.room_id).await.map_err(reading::not_found)?;
    Ok(Response::new(if listed { Visibility::Public } else { Visibility::Private }))
}
