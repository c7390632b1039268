//! `GET /_matrix/client/v3/admin/whois/{userId}`: the sessions of a person, for themselves and for
//! administrators.
//!
//! `spec/data/api/client-server/admin.yaml`. ruma's type says `null` where the specification leaves
//! out; addresses and programs are not kept here, so they are left out always.

use accounts::SessionInfo;
use axum::extract::Request as HttpRequest;
use axum::response::Response as HttpResponse;
use ruma_client_api::admin::get_user_info::v3::Request;
use ruma_common::UserId;
use serde_json::{Map, Value, json};

use super::require_power_over;
use crate::call::Admitted;
use crate::{ApiError, App, answer};

/// Handles the call.
pub(crate) async fn handler(app: App, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let call = Admitted::<Request>::read(&app, request).await?.parse()?;
    let user = &call.request.user_id;
    if call.who.user_id != *user {
        require_power_over(&app, &call.who, user)?;
    }
    app.accounts.standing(user).await?;
    let devices = shown(user, app.accounts.sessions(user).await?);
    answer::json(&devices)
}

/// A person's sessions as the specification shows them. A device has one session here.
pub(crate) fn shown(user: &UserId, sessions: Vec<SessionInfo>) -> Value {
    let devices = sessions.into_iter().map(|session| {
        let connections = session.last_seen.map(|seen| json!({ "last_seen": seen.0 }));
        let connections = Vec::from_iter(connections);
        let device = json!({ "sessions": [{ "connections": connections }] });
        (session.device_id.to_string(), device)
    });
    json!({ "user_id": user, "devices": devices.collect::<Map<_, _>>() })
}
