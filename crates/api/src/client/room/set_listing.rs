//! `PUT /_matrix/client/v3/directory/list/room/{roomId}`: puts a room in the directory, or takes
//! it out.

use ruma_client_api::directory::set_room_visibility::v3::{Request, Response};
use ruma_client_api::room::Visibility;

use super::reading;
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let Request { room_id, visibility, .. } = call.request;
    let listed = match visibility {
        Visibility::Public => true,
        Visibility::Private => false,
        other => return Err(ApiError::invalid_param(format!("there is no visibility {other}"))),
    };
    let set = app.rooms.set_listed(&call.who.user_id, &room_id, listed).await;
    set.map_err(reading::not_found)?;
    Ok(Response::new())
}
