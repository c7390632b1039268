//! `GET /_matrix/client/v1/rooms/{roomId}/relations/{eventId}/{relType}/{eventType}`: what
//! relates to an event in one way, by events of one type.

use ruma_client_api::relations::get_relating_events_with_rel_type_and_event_type::v1::{
    Request, Response,
};

use super::related::{self, Asked};
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let said = call.said("recurse");
    let Request { room_id, event_id, rel_type, event_type, from, to, dir, limit, recurse, .. } =
        call.request;
    let asked = Asked {
        room_id,
        parent: event_id,
        rel_type: Some(rel_type.to_string()),
        kind: Some(event_type.to_string()),
        from,
        to,
        dir,
        limit,
        recurse,
    };
    let found = related::page(&app, &call.who, asked).await?;
    let mut response = Response::new(found.chunk);
    response.next_batch = found.next_batch;
    response.prev_batch = found.prev_batch;
    response.recursion_depth = related::depth(said.as_deref(), recurse);
    Ok(response)
}
