//! `POST /_matrix/client/v3/logout/all`: ends all sessions of the person, and their devices.

use devices::DeviceError;
use ruma_client_api::session::logout_all::v3::{Request, Response};

use super::end;
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    for session in app.accounts.sessions(&call.who.user_id).await? {
        end(&app, &call.who.user_id, &session.device_id).await?;
    }
    // MSC3814: the device that waits for the next session goes, too.
    match app.devices.delete_dehydrated(&call.who.user_id).await {
        Ok(_) | Err(DeviceError::NotFound(_)) => Ok(Response::new()),
        Err(error) => Err(error.into()),
    }
}
