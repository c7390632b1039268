//! `GET /_matrix/client/v3/rooms/{roomId}/joined_members`: who is in a room, with what they show.

use rooms::MemberProfile;
use ruma_client_api::membership::joined_members::v3::{Request, Response, RoomMember};

use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let members = app.rooms.joined_members(&call.who.user_id, &call.request.room_id).await?;
    let joined = members.into_iter().map(|(user, profile)| (user, member(profile))).collect();
    Ok(Response::new(joined))
}

fn member(profile: MemberProfile) -> RoomMember {
    let mut member = RoomMember::new();
    member.display_name = profile.name;
    member.avatar_url = profile.avatar.map(Into::into);
    member
}
