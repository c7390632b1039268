//! `POST /_matrix/client/v3/keys/upload`: publishes a device's identity, one-time and fallback keys.

use devices::KeyUpload;
use js_int::UInt;
use ruma_client_api::keys::upload_keys::v3::{Request, Response};

use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let Request { device_keys, one_time_keys, fallback_keys, .. } = call.request;
    let upload = KeyUpload { device_keys, one_time_keys, fallback_keys };
    let counts = app.devices.upload_keys(&call.who.user_id, &call.who.device_id, &upload).await?;
    let counts = counts.into_iter().map(|(name, count)| (name, UInt::new_saturating(count)));
    Ok(Response::new(counts.collect()))
}
