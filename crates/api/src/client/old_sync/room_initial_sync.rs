//! `GET /_matrix/client/v3/rooms/{roomId}/initialSync`: a room as it is, and what was last said.
//!
//! For who is in it or was, and for everybody where it is open to the world: then to decide whether
//! to come in.

use rooms::{Membership, PageRequest, Stored, TimelineToken, Viewer, Way};
use ruma_client_api::peeking::get_current_state::v3::{PaginationChunk, Request, Response};
use ruma_client_api::room::Visibility;
use ruma_common::RoomId;
use ruma_events::room::member::MembershipState;
use serde_json::json;

use super::raw;
use crate::client::room::ignored;
use crate::{ApiError, App, Call};

/// Events that are shown of what was said.
const EVENTS: usize = 20;

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let room_id = call.request.room_id;
    let (user, device) = (&call.who.user_id, call.who.device_id);
    let viewer = app.rooms.reader(user, &room_id, Some(device)).await?;
    let viewer = viewer.ignoring(ignored(&app, user).await?);
    let mut state = app.rooms.state(user, &room_id).await?;
    state.sort_by_key(|event| event.ord);
    let mut response = Response::new(room_id.clone());
    response.messages = Some(messages(&app, &viewer).await?);
    response.state = raw(viewer.state_json(&state).await?)?;
    // Who never had to do with the room stands in no way to it.
    let known = viewer.current().get("m.room.member", user.as_str()).is_some();
    let membership = viewer.current().membership(user);
    response.membership = known.then(|| told(membership)).flatten();
    let listed = app.rooms.is_listed(&room_id).await?;
    response.visibility = Some(if listed { Visibility::Public } else { Visibility::Private });
    response.account_data = raw(account_data(&app, &call.who.user_id, &room_id).await?)?;
    Ok(response)
}

async fn messages(app: &App, viewer: &Viewer) -> Result<PaginationChunk, ApiError> {
    let last = viewer.current().last();
    let all = |_: &Stored| true;
    let (from, way) = (Some(last), Way::Back);
    let request = PageRequest { from, to: None, way, limit: EVENTS, wanted: &all };
    let mut page = app.rooms.messages(viewer, request).await?;
    page.events.reverse();
    let events = viewer.client_json_all(&page.events).await?;
    let mut chunk = PaginationChunk::new(raw(events)?, TimelineToken::After(last).to_string());
    chunk.start = page.end.map(|place| TimelineToken::After(place).to_string());
    Ok(chunk)
}

/// What the specification has a name for here.
fn told(membership: Membership) -> Option<MembershipState> {
    match membership {
        Membership::Join => Some(MembershipState::Join),
        Membership::Invite => Some(MembershipState::Invite),
        Membership::Leave => Some(MembershipState::Leave),
        Membership::Ban => Some(MembershipState::Ban),
        Membership::Knock => None,
    }
}

async fn account_data(
    app: &App,
    user: &ruma_common::UserId,
    room_id: &RoomId,
) -> Result<Vec<String>, ApiError> {
    let data = app.devices.account_data_in(user, room_id).await?;
    let event = |datum: devices::AccountData| {
        json!({ "type": datum.kind, "content": datum.content }).to_string()
    };
    Ok(data.into_iter().map(event).collect())
}
