//! `GET /_matrix/client/v3/directory/room/{roomAlias}`: the room of an alias.

use ruma_client_api::alias::get_alias::v3::{Request, Response};

use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let room_id = app.rooms.resolve_alias(&call.request.room_alias).await?;
    Ok(Response::new(room_id, vec![app.settings.server_name.clone()]))
}
