//! `PUT /_matrix/client/v3/directory/room/{roomAlias}`: gives a room a name to be found by.

use http::StatusCode;
use rooms::RoomError;
use ruma_client_api::alias::create_alias::v3::{Request, Response};

use super::reading;
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let Request { room_alias, room_id, .. } = call.request;
    let created = app.rooms.create_alias(&call.who.user_id, &room_alias, &room_id).await;
    created.map_err(|error| match error {
        // Unlike for `createRoom`, the specification answers with 409 here.
        RoomError::AliasTaken(_) => reading::unknown(StatusCode::CONFLICT, error.to_string()),
        error => error.into(),
    })?;
    Ok(Response::new())
}
