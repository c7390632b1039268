//! `POST /_matrix/client/v3/keys/query`: the devices and cross-signing keys of people.

use std::collections::BTreeMap;

use devices::DeviceKeyMap;
use ruma_client_api::keys::get_keys::v3::{Request, Response};
use ruma_common::encryption::DeviceKeys;
use ruma_common::serde::Raw;
use ruma_common::{CanonicalJsonObject, CanonicalJsonValue, OwnedDeviceId, OwnedUserId, UserId};
use serde_json::value::to_raw_value;

use super::failures;
use crate::{ApiError, App, Call};

/// Identity keys as they are answered.
type Answered = BTreeMap<OwnedUserId, BTreeMap<OwnedDeviceId, Raw<DeviceKeys>>>;

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let found = app.devices.query_keys(&call.who.user_id, &call.request.device_keys).await?;
    let mut response = Response::new();
    response.device_keys = with_names(&app, found.device_keys).await?;
    response.master_keys = raw_keys(found.master_keys)?;
    response.self_signing_keys = raw_keys(found.self_signing_keys)?;
    response.user_signing_keys = raw_keys(found.user_signing_keys)?;
    response.failures = failures::of(found.unreachable);
    Ok(response)
}

/// Adds what a person called each device, outside of what the device signed.
async fn with_names(app: &App, keys: DeviceKeyMap) -> Result<Answered, ApiError> {
    let mut answered = Answered::new();
    for (user, devices) in keys {
        let names = names(app, &user, &devices).await?;
        let mut told = BTreeMap::new();
        for (device, mut keys) in devices {
            if let Some(name) = names.get(&device) {
                let name = CanonicalJsonValue::String(name.clone());
                let unsigned = BTreeMap::from([("device_display_name".to_owned(), name)]);
                keys.insert("unsigned".to_owned(), CanonicalJsonValue::Object(unsigned));
            }
            told.insert(device, raw(&keys)?);
        }
        answered.insert(user, told);
    }
    Ok(answered)
}

async fn names(
    app: &App,
    user: &UserId,
    devices: &BTreeMap<OwnedDeviceId, CanonicalJsonObject>,
) -> Result<BTreeMap<OwnedDeviceId, String>, ApiError> {
    if devices.is_empty() {
        return Ok(BTreeMap::new());
    }
    let mut names = app.accounts.session_names(user).await?;
    // It has no session, and is rare: it is looked for where a device calls itself so.
    let dehydrated = |keys: &CanonicalJsonObject| {
        keys.get("dehydrated") == Some(&CanonicalJsonValue::Bool(true))
    };
    if devices.values().any(dehydrated) {
        names.extend(app.devices.dehydrated_name(user).await?);
    }
    Ok(names)
}

fn raw_keys<T>(
    keys: BTreeMap<OwnedUserId, CanonicalJsonObject>,
) -> Result<BTreeMap<OwnedUserId, Raw<T>>, ApiError> {
    keys.into_iter().map(|(user, key)| Ok((user, raw(&key)?))).collect()
}

fn raw<T>(object: &CanonicalJsonObject) -> Result<Raw<T>, ApiError> {
    to_raw_value(object).map(Raw::from_json).map_err(|error| ApiError::internal(&error))
}
