//! `POST /_matrix/client/v3/logout`: ends the session, and its device.

use ruma_client_api::session::logout::v3::{Request, Response};

use super::end;
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    end(&app, &call.who.user_id, &call.who.device_id).await?;
    Ok(Response::new())
}
