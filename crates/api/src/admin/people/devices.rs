//! `GET /_synapse/admin/v2/users/{user_id}/devices`: the sessions of somebody.

use ruma_common::{OwnedDeviceId, OwnedUserId};
use serde::Serialize;

use super::shown::require_account;
use crate::admin::ask::Ask;
use crate::{ApiError, App};

/// The sessions.
#[derive(Serialize)]
pub(crate) struct Answer {
    devices: Vec<Device>,
    total: usize,
}

/// A session. Where it was used from is not kept.
#[expect(clippy::struct_field_names, reason = "the names of the interface")]
#[derive(Serialize)]
pub(crate) struct Device {
    device_id: OwnedDeviceId,
    user_id: OwnedUserId,
    display_name: Option<String>,
    last_seen_ts: Option<u64>,
    last_seen_ip: Option<String>,
    last_seen_user_agent: Option<String>,
}

/// Handles the call.
pub(crate) async fn handler(app: App, ask: Ask) -> Result<Answer, ApiError> {
    let user = ask.user(&app)?;
    require_account(&app, &user).await?;
    let sessions = app.accounts.sessions(&user).await?.into_iter();
    let devices: Vec<_> = sessions
        .map(|session| Device {
            device_id: session.device_id,
            user_id: user.clone(),
            display_name: session.name,
            last_seen_ts: session.last_seen.map(|seen| seen.0),
            last_seen_ip: None,
            last_seen_user_agent: None,
        })
        .collect();
    Ok(Answer { total: devices.len(), devices })
}
