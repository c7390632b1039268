//! `GET /_matrix/client/v3/capabilities`: what this server lets people do.

use std::collections::BTreeMap;

use ruma_client_api::discovery::get_capabilities::v3::{
    Capabilities, Request, Response, RoomVersionStability, RoomVersionsCapability,
};

use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, _: Call<Request>) -> Result<Response, ApiError> {
    let available = rules::version::SUPPORTED.map(|version| (version, RoomVersionStability::Stable));
    let default = app.rooms.settings().default_version.clone();
    let mut capabilities = Capabilities::new();
    capabilities.room_versions = RoomVersionsCapability::new(default, BTreeMap::from(available));
    capabilities.get_login_token.enabled = true;
    Ok(Response::new(capabilities))
}
