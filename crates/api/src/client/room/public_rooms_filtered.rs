//! `POST /_matrix/client/v3/publicRooms`: the public directory, searched.

use rooms::DirectoryFilter;
use ruma_client_api::directory::get_public_rooms_filtered::v3::{Request, Response};
use ruma_common::directory::RoomNetwork;

use super::directory::{Wanted, page};
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let Request { server, limit, since, filter, room_network, .. } = call.request;
    // No bridge lists rooms here: other networks have none.
    if matches!(room_network, RoomNetwork::ThirdParty(_)) {
        return Ok(Response::new());
    }
    let filter = DirectoryFilter { term: filter.generic_search_term, types: filter.room_types };
    let wanted = Wanted { server: server.as_deref(), limit, since: since.as_deref(), filter };
    let page = page(&app, wanted).await?;
    let mut response = Response::new();
    response.chunk = page.rooms;
    response.next_batch = page.next;
    response.prev_batch = page.previous;
    response.total_room_count_estimate = Some(page.total);
    Ok(response)
}
