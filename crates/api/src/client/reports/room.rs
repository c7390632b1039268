//! `POST /_matrix/client/v3/rooms/{roomId}/report`: reports a room.
//!
//! By anybody, and with the same answer and the same work whether or not there is such a room:
//! nobody learns of one by reporting it.

use moderation::Subject;
use ruma_client_api::room::report_room::v3::{Request, Response};

use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let Request { room_id, reason, .. } = call.request;
    let user = &call.who.user_id;
    app.moderation.add(user, Subject::Room(room_id), Some(reason)).await?;
    Ok(Response::new())
}
