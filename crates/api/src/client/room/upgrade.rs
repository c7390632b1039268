//! `POST /_matrix/client/v3/rooms/{roomId}/upgrade`: replaces a room by one of another version.

use rooms::Upgrade;
use ruma_client_api::room::upgrade_room::v3::{Request, Response};

use super::people;
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let Request { room_id, new_version, additional_creators, .. } = call.request;
    let user = &call.who.user_id;
    let profile = people::profile(&app, user).await?;
    let upgrade = Upgrade { version: new_version, additional_creators };
    Ok(Response::new(app.rooms.upgrade(user, &room_id, &profile, upgrade).await?))
}
