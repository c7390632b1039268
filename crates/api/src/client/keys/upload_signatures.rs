//! `POST /_matrix/client/v3/keys/signatures/upload`: adds signatures to keys that are here.

use std::collections::BTreeMap;

use devices::{DeviceError, SignatureFailures, SignedObjects};
use ruma_client_api::keys::upload_signatures::v3::{Failure, Request, Response, SignedKeys};
use ruma_common::OwnedUserId;
use serde_json::json;

use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let signed: SignedObjects =
        call.request.signed_keys.iter().map(|(user, keys)| (user.clone(), objects(keys))).collect();
    let failures = app.devices.add_signatures(&call.who.user_id, &signed).await?;
    let mut response = Response::new();
    response.failures = answered(&failures)?;
    Ok(response)
}

fn objects(keys: &SignedKeys) -> BTreeMap<String, Box<serde_json::value::RawValue>> {
    keys.iter().map(|(name, object)| (name.to_owned(), object.to_owned())).collect()
}

fn answered(
    failures: &SignatureFailures,
) -> Result<BTreeMap<OwnedUserId, BTreeMap<String, Failure>>, ApiError> {
    let mut answered: BTreeMap<OwnedUserId, BTreeMap<String, Failure>> = BTreeMap::new();
    for (user, failures) in failures {
        for (name, error) in failures {
            let errcode = match error {
                DeviceError::NotFound(_) => "M_NOT_FOUND",
                DeviceError::InvalidSignature(_) => "M_INVALID_SIGNATURE",
                DeviceError::Malformed(_) => "M_BAD_JSON",
                _ => "M_INVALID_PARAM",
            };
            // ruma makes this type from JSON only.
            let failure =
                serde_json::from_value(json!({ "errcode": errcode, "error": error.to_string() }));
            let failure = failure.map_err(|error| ApiError::internal(&error))?;
            answered.entry(user.clone()).or_default().insert(name.clone(), failure);
        }
    }
    Ok(answered)
}
