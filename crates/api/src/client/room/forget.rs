//! `POST /_matrix/client/v3/rooms/{roomId}/forget`: takes a room that was left out of all lists.

use http::StatusCode;
use rooms::RoomError;
use ruma_client_api::membership::forget_room::v3::{Request, Response};

use super::reading;
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let forgotten = app.rooms.forget(&call.who.user_id, &call.request.room_id).await;
    forgotten.map_err(|error| match error {
        RoomError::Invalid(message) => reading::unknown(StatusCode::BAD_REQUEST, message),
        error => reading::not_found(error),
    })?;
    Ok(Response::new())
}
