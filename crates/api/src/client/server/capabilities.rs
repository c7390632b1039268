//! `GET /_matrix/client/v3/capabilities`: what this server lets people do.

use std::collections::BTreeMap;

use axum::extract::Request as HttpRequest;
use axum::response::Response as HttpResponse;
use rooms::EncryptionPolicy;
use ruma_client_api::discovery::get_capabilities::v3::{
    AccountModerationCapability, Capabilities, ProfileFieldsCapability, Request,
    RoomVersionStability, RoomVersionsCapability,
};
use serde_json::{Map, Value, json};

use crate::call::Admitted;
use crate::{ApiError, App, Caller, answer};

/// What the server does with readable messages in private rooms: the client says so on screen when
/// it is anything but refusing them.
const ENCRYPTION: &str = "org.chappe.encryption";
/// The capabilities of the specification: each is said, also where it is what silence would mean.
const KNOWN: [&str; 9] = [
    "m.3pid_changes",
    "m.account_moderation",
    "m.change_password",
    "m.forget_forced_upon_leave",
    "m.get_login_token",
    "m.profile_fields",
    "m.room_versions",
    "m.set_avatar_url",
    "m.set_displayname",
];

/// Handles the call.
pub(crate) async fn handler(app: App, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let call = Admitted::<Request>::read(&app, request).await?.parse()?;
    let capabilities = capabilities(&app, &call.who);
    let known = KNOWN
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), capabilities.get(name)?.into_owned())));
    let mut told: Map<String, Value> = known.collect();
    let policy = match app.rooms.settings().encryption {
        EncryptionPolicy::Required => "required",
        EncryptionPolicy::Optional => "optional",
    };
    told.insert(ENCRYPTION.to_owned(), json!({ "policy": policy }));
    answer::json(&json!({ "capabilities": told }))
}

/// What a person may do here.
fn capabilities(app: &App, who: &Caller) -> Capabilities {
    let available =
        rules::version::SUPPORTED.map(|version| (version, RoomVersionStability::Stable));
    let default = app.rooms.settings().default_version.clone();
    let administers = who.standing.is_administrator();
    let mut capabilities = Capabilities::new();
    capabilities.room_versions = RoomVersionsCapability::new(default, BTreeMap::from(available));
    capabilities.get_login_token.enabled = true;
    capabilities.profile_fields = Some(ProfileFieldsCapability::new(true));
    // Without post there is no address that could be proven.
    capabilities.thirdparty_id_changes.enabled = false;
    capabilities.account_moderation = AccountModerationCapability::new(administers, administers);
    capabilities
}
