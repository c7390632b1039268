//! `POST /_matrix/client/v3/keys/device_signing/upload`: publishes a person's cross-signing keys.

use devices::{CrossSigningKeys, DeviceError, Identity};
use ruma_client_api::keys::upload_signing_keys::v3::{Request, Response};

use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let Request { auth, master_key, self_signing_key, user_signing_key, .. } = call.request;
    let keys = CrossSigningKeys {
        master: master_key,
        self_signing: self_signing_key,
        user_signing: user_signing_key,
    };
    let user = &call.who.user_id;
    let devices = &app.devices;
    match devices.upload_cross_signing_keys(user, &keys, Identity::Unconfirmed).await {
        Err(DeviceError::Unconfirmed) => {
            app.confirm(&call.who, &call.asked, auth.as_ref()).await?;
            devices.upload_cross_signing_keys(user, &keys, Identity::Confirmed).await?;
        }
        other => other?,
    }
    Ok(Response::new())
}
