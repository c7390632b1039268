//! `GET /_matrix/client/v3/devices/{deviceId}`: one session of a person.

use ruma_client_api::device::get_device::v3::{Request, Response};

use super::devices::shown;
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let session = app.accounts.session(&call.who.user_id, &call.request.device_id).await?;
    Ok(Response::new(shown(session)))
}
