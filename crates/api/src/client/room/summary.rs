//! `GET /_matrix/client/v1/room_summary/{roomIdOrAlias}`: what a room is, before one joins it.

use ruma_client_api::room::get_summary::v1::{Request, Response};

use super::reading;
use crate::{ApiError, App, Call};

/// Handles the call. Strangers see rooms that are open to the world only.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let room_id = reading::room_of(&app, call.request.room_id_or_alias).await?;
    let user = call.who.as_ref().map(|caller| &*caller.user_id);
    let (summary, membership) = app.rooms.summary(user, &room_id).await?;
    let mut response = Response::new(summary);
    response.membership = membership.map(|membership| membership.as_str().into());
    Ok(response)
}
