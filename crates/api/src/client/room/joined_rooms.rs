//! `GET /_matrix/client/v3/joined_rooms`: the rooms that a person is in.

use rooms::Membership;
use ruma_client_api::membership::joined_rooms::v3::{Request, Response};

use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let rooms = app.rooms.rooms_of(&call.who.user_id, Membership::Join).await?;
    Ok(Response::new(rooms.iter().map(|room| room.id.clone()).collect()))
}
