//! `GET /_matrix/client/v3/capabilities`: what this server lets people do.

use std::collections::BTreeMap;

use rooms::EncryptionPolicy;
use ruma_client_api::discovery::get_capabilities::v3::{
    Capabilities, Request, Response, RoomVersionStability, RoomVersionsCapability,
};
use serde_json::json;

use crate::{ApiError, App, Call};

/// What the server does with readable messages in private rooms: the client says so on screen when
/// it is anything but refusing them.
const ENCRYPTION: &str = "org.chappe.encryption";

/// Handles the call.
pub(crate) async fn handler(app: App, _: Call<Request>) -> Result<Response, ApiError> {
    let available =
        rules::version::SUPPORTED.map(|version| (version, RoomVersionStability::Stable));
    let default = app.rooms.settings().default_version.clone();
    let mut capabilities = Capabilities::new();
    capabilities.room_versions = RoomVersionsCapability::new(default, BTreeMap::from(available));
    capabilities.get_login_token.enabled = true;
    let policy = match app.rooms.settings().encryption {
        EncryptionPolicy::Required => "required",
        EncryptionPolicy::Optional => "optional",
    };
    capabilities
        .set(ENCRYPTION, json!({ "policy": policy }))
        .map_err(|error| ApiError::internal(&error))?;
    Ok(Response::new(capabilities))
}
