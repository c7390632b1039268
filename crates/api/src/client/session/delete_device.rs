//! `DELETE /_matrix/client/v3/devices/{deviceId}`: ends a session of the person.

use ruma_client_api::device::delete_device::v3::{Request, Response};

use super::end;
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    app.confirm(&call.who, &call.asked, call.request.auth.as_ref()).await?;
    end(&app, &call.who.user_id, &call.request.device_id).await?;
    Ok(Response::new())
}
