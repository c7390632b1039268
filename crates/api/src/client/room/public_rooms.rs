//! `GET /_matrix/client/v3/publicRooms`: the public directory.
//!
//! The specification lets strangers read it. Here a token is needed: which forums a ministry has
//! is for its own people to know.

use rooms::DirectoryFilter;
use ruma_client_api::directory::get_public_rooms::v3::{Request, Response};

use super::directory::{Wanted, page};
use crate::members_only::MembersOnly;
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(
    app: App,
    call: Call<MembersOnly<Request>>,
) -> Result<Response, ApiError> {
    let Request { limit, since, server, .. } = call.request.0;
    let filter = DirectoryFilter::default();
    let wanted = Wanted { server: server.as_deref(), limit, since: since.as_deref(), filter };
    let page = page(&app, wanted).await?;
    let mut response = Response::new(page.rooms);
    response.next_batch = page.next;
    response.prev_batch = page.previous;
    response.total_room_count_estimate = Some(page.total);
    Ok(response)
}
