//! `DELETE /_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device`: gives up the device
//! that is kept for the person's next session (MSC3814).

use ruma_client_api::dehydrated_device::delete_dehydrated_device::unstable::{Request, Response};

use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    Ok(Response::new(app.devices.delete_dehydrated(&call.who.user_id).await?))
}
