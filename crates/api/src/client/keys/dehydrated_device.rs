//! `GET /_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device`: the device that is kept
//! for the person's next session (MSC3814).

use ruma_client_api::dehydrated_device::get_dehydrated_device::unstable::{Request, Response};
use ruma_common::serde::Raw;

use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let kept = app.devices.dehydrated(&call.who.user_id).await?;
    let kept = kept.ok_or_else(|| ApiError::not_found("there is no dehydrated device"))?;
    Ok(Response::new(kept.device, Raw::from_json(kept.data)))
}
