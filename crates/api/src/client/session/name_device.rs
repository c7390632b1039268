//! `PUT /_matrix/client/v3/devices/{deviceId}`: calls a session otherwise.

use ruma_client_api::device::update_device::v3::{Request, Response};

use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let (user, device) = (&call.who.user_id, &call.request.device_id);
    match &call.request.display_name {
        Some(name) => app.accounts.name_session(user, device, name).await?,
        // Nothing changes, of a session that must be there nonetheless.
        None => drop(app.accounts.session(user, device).await?),
    }
    Ok(Response::new())
}
