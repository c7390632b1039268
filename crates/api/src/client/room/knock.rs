//! `POST /_matrix/client/v3/knock/{roomIdOrAlias}`: asks to be let into a room.

use rooms::{Membership, MembershipChange};
use ruma_client_api::knock::knock_room::v3::{Request, Response};

use super::{people, reading};
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let Request { room_id_or_alias, reason, .. } = call.request;
    let user = &*call.who.user_id;
    let room_id = reading::room_of(&app, room_id_or_alias).await?;
    let profile = people::profile(&app, user).await?;
    let change = MembershipChange { by: user, of: user, to: Membership::Knock, reason, profile };
    app.rooms.change_membership(&room_id, change).await.map_err(reading::not_found)?;
    Ok(Response::new(room_id))
}
