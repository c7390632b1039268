//! `GET /_matrix/client/v1/mutual_rooms`: the rooms that two people are both in.

use js_int::UInt;
use rooms::Membership;
use ruma_client_api::membership::get_mutual_rooms::v1::{Request, Response};
use ruma_common::OwnedRoomId;

use crate::{ApiError, App, Call};

/// Handles the call. All rooms come at once: there is no next page.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let Request { user_id: other, from, .. } = call.request;
    let user = &call.who.user_id;
    if from.is_some() {
        return Err(ApiError::invalid_param("the token is not one that this server gave"));
    }
    if *user == other {
        return Err(ApiError::invalid_param("user_id must name somebody else"));
    }
    let rooms = app.rooms.rooms_of(user, Membership::Join).await?;
    let both = rooms.iter().filter(|room| room.current().membership(&other) == Membership::Join);
    let joined: Vec<OwnedRoomId> = both.map(|room| room.id.clone()).collect();
    let count = UInt::new_saturating(joined.len() as u64);
    Ok(Response::new(count, joined))
}
