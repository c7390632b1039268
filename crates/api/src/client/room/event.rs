//! `GET /_matrix/client/v3/rooms/{roomId}/event/{eventId}`: one event.

use ruma_client_api::room::get_room_event::v3::{Request, Response};

use super::reading;
use crate::{ApiError, App, Call};

/// Handles the call. An event that the person may not see is as unknown as one that is not there.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let Request { room_id, event_id, .. } = call.request;
    let viewer = reading::viewer_of_event(&app, &call.who, &room_id).await?;
    let event = app.rooms.event(&viewer, &event_id).await?;
    Ok(Response::new(reading::event(&viewer, &event).await?))
}
