//! `POST /_matrix/client/v3/rooms/{roomId}/report/{eventId}`: reports an event.
//!
//! By who is in the room and sees the event. Everybody else learns only that there is nothing that
//! they could report.

use moderation::Subject;
use ruma_client_api::room::report_content::v3::{Request, Response};

use crate::client::room::nothing_to_see;
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let Request { room_id: room, event_id: event, reason, .. } = call.request;
    let user = &call.who.user_id;
    app.rooms.require_member(user, &room).await.map_err(nothing_to_see)?;
    let viewer = app.rooms.reader(user, &room, None).await.map_err(nothing_to_see)?;
    app.rooms.event(&viewer, &event).await?;
    app.moderation.add(user, Subject::Event { room, event }, reason).await?;
    Ok(Response::new())
}
