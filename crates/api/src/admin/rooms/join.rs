//! `POST /_synapse/admin/v1/join/{room_id_or_alias}`: asks somebody of this server into a room.
//!
//! The administrator themselves joins; everybody else is invited by them, and decides. The room's
//! own rules say whether that may be, and it is seen in the room who invited.

use rooms::{Membership, MembershipChange};
use ruma_common::{OwnedRoomId, RoomOrAliasId};
use serde::{Deserialize, Serialize};

use super::removal::not_found;
use crate::admin::ask::{Ask, own_user};
use crate::client::{invitee, join_room, room_of};
use crate::{ApiError, App};

/// Who.
#[derive(Deserialize)]
struct Body {
    user_id: String,
}

/// Where they are, or are asked into.
#[derive(Serialize)]
pub(crate) struct Answer {
    room_id: OwnedRoomId,
}

/// Handles the call.
pub(crate) async fn handler(app: App, ask: Ask) -> Result<Answer, ApiError> {
    let Body { user_id } = ask.body()?;
    let user = own_user(&app, &user_id)?;
    let name = RoomOrAliasId::parse(ask.part(0));
    let name = name.map_err(|_| ApiError::invalid_param("that is neither a room nor an alias"))?;
    let room_id = room_of(&app, name).await?;
    let room = app.rooms.room(&room_id).await.map_err(not_found)?;
    if user == ask.who.user_id {
        join_room(&app, &user, &room_id, (None, None)).await?;
        return Ok(Answer { room_id });
    }
    let profile = invitee(&app, &user).await?;
    if !matches!(room.current().membership(&user), Membership::Join | Membership::Invite) {
        let (by, of, to) = (&*ask.who.user_id, &*user, Membership::Invite);
        let change = MembershipChange { by, of, to, reason: None, profile };
        app.rooms.change_membership(&room_id, change).await?;
    }
    Ok(Answer { room_id })
}
