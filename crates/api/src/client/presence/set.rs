//! `PUT /_matrix/client/v3/presence/{userId}/status`: says how present oneself is.
//!
//! Where presence is switched off, this is heard and means nothing.

use ruma_client_api::presence::set_presence::v3::{Request, Response};

use super::state;
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let Request { user_id, presence, status_msg, .. } = call.request;
    if call.who.user_id != user_id {
        return Err(ApiError::forbidden("nobody is present for somebody else"));
    }
    let wanted = state(&presence)?;
    app.presence.set((&user_id, &call.who.device_id), wanted, status_msg).await?;
    Ok(Response::new())
}
