//! `PUT /_matrix/client/v3/rooms/{roomId}/typing/{userId}`: says that a person is typing.

use ruma_client_api::typing::create_typing_event::v3::{Request, Response, Typing};

use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let Request { room_id, user_id, state, .. } = call.request;
    let user = &call.who.user_id;
    if *user != user_id {
        return Err(ApiError::forbidden("nobody types for somebody else"));
    }
    let timeout = match state {
        Typing::Yes(info) => Some(info.timeout),
        Typing::No => None,
    };
    app.rooms.set_typing(user, &room_id, timeout).await?;
    Ok(Response::new())
}
