//! `GET /_matrix/client/v3/rooms/{roomId}/event/{eventId}`: one event.

use ruma_client_api::room::get_room_event::v3::{Request, Response};

use super::reading::{self, nothing_to_see};
use crate::{ApiError, App, Call};

/// Handles the call. An event that the person may not see is as unknown as one that is not there.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let Request { room_id, event_id, .. } = call.request;
    let device = Some(call.who.device_id.clone());
    let viewer = app.rooms.reader(&call.who.user_id, &room_id, device).await;
    let viewer = viewer.map_err(nothing_to_see)?;
    let event = app.rooms.event(&viewer, &event_id).await?;
    Ok(Response::new(reading::event(&viewer, &event).await?))
}
