//! `PUT /_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device`: keeps a device for the
//! person's next session (MSC3814).

use devices::{KeyUpload, NewDehydrated};
use ruma_client_api::dehydrated_device::put_dehydrated_device::unstable::{Request, Response};
use serde::Deserialize;

use crate::{ApiError, App, Call};

/// What every device's data has.
#[derive(Deserialize)]
struct Data {
    #[serde(rename = "algorithm")]
    _algorithm: String,
}

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let Request { device_id, initial_device_display_name, device_data, device_keys, .. } =
        call.request;
    let data: Result<Data, _> = serde_json::from_str(device_data.json().get());
    data.map_err(|error| ApiError::bad_json(format!("device_data: {error}")))?;
    let user = &call.who.user_id;
    if app.accounts.devices(user).await?.contains(&device_id) {
        let message = format!("{device_id} is a device with a session");
        return Err(ApiError::invalid_param(message));
    }
    let new = NewDehydrated {
        device: device_id.clone(),
        data: device_data.into_json(),
        name: initial_device_display_name,
        keys: KeyUpload {
            device_keys: Some(device_keys),
            one_time_keys: call.request.one_time_keys,
            fallback_keys: call.request.fallback_keys,
        },
    };
    app.devices.dehydrate(user, &new).await?;
    Ok(Response::new(device_id))
}
