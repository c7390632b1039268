//! `GET /_matrix/client/v3/rooms/{roomId}/members`: who stands how to a room.

use rooms::{MemberFilter, Membership};
use ruma_client_api::membership::get_member_events::v3::{Request, Response};
use ruma_events::room::member::MembershipState;

use super::{paging, reading};
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let Request { room_id, at, membership, not_membership, .. } = call.request;
    let user = &call.who.user_id;
    let filter = MemberFilter { only: standing(membership)?, except: standing(not_membership)? };
    let at = at.as_deref().map(paging::token).transpose()?;
    let members = app.rooms.members(user, &room_id, (filter, at)).await?;
    let room = app.rooms.room(&room_id).await?;
    let viewer = app.rooms.viewer(&room, user, Some(call.who.device_id.clone()));
    Ok(Response::new(reading::state(&viewer, &members).await?))
}

fn standing(asked: Option<MembershipState>) -> Result<Option<Membership>, ApiError> {
    let Some(asked) = asked else { return Ok(None) };
    let known = Membership::parse(&asked);
    known.map(Some).ok_or_else(|| ApiError::invalid_param(format!("no membership is {asked}")))
}
