//! `POST /_matrix/client/v3/delete_devices`: ends sessions of the person.

use ruma_client_api::device::delete_devices::v3::{Request, Response};

use super::end;
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    app.confirm(&call.who, &call.asked, call.request.auth.as_ref()).await?;
    for device in &call.request.devices {
        end(&app, &call.who.user_id, device).await?;
    }
    Ok(Response::new())
}
