//! `GET /_matrix/client/v1/rooms/{roomId}/threads`: the threads of a room, by their newest replies.

use rooms::{Include, ThreadsRequest};
use ruma_client_api::threads::get_threads::v1::{IncludeThreads, Request, Response};

use super::{paging, reading};
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let Request { room_id, from, include, limit, .. } = call.request;
    let include = match include {
        IncludeThreads::All => Include::All,
        IncludeThreads::Participated => Include::Participated,
        _ => return Err(ApiError::invalid_param("include must be all or participated")),
    };
    let viewer = reading::viewer(&app, &call.who, &room_id).await?;
    let from = paging::place(&app, &viewer, from.as_deref()).await?;
    let request = ThreadsRequest { include, from, limit: paging::short(limit) };
    let page = app.rooms.threads(&viewer, request).await?;
    let mut response = Response::new(reading::events(&viewer, &page.events).await?);
    response.next_batch = page.end.map(paging::token_of);
    Ok(response)
}
