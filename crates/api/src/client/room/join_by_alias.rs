//! `POST /_matrix/client/v3/join/{roomIdOrAlias}`: comes into a room named by id or alias.

use ruma_client_api::membership::join_room_by_id_or_alias::v3::{Request, Response};

use super::join::join;
use super::reading;
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let Request { room_id_or_alias, reason, third_party_signed, .. } = call.request;
    let room_id = reading::room_of(&app, room_id_or_alias).await?;
    let signed = third_party_signed.as_ref();
    join(&app, &call.who.user_id, &room_id, (reason, signed)).await?;
    Ok(Response::new(room_id))
}
