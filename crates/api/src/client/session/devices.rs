//! `GET /_matrix/client/v3/devices`: the sessions of a person.

use accounts::SessionInfo;
use ruma_client_api::device::Device;
use ruma_client_api::device::get_devices::v3::{Request, Response};
use ruma_common::MilliSecondsSinceUnixEpoch;

use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let sessions = app.accounts.sessions(&call.who.user_id).await?;
    Ok(Response::new(sessions.into_iter().map(shown).collect()))
}

/// A session as the specification shows it; addresses are not kept.
pub(super) fn shown(session: SessionInfo) -> Device {
    let mut device = Device::new(session.device_id);
    device.display_name = session.name;
    device.last_seen_ts =
        session.last_seen.and_then(|seen| seen.0.try_into().ok()).map(MilliSecondsSinceUnixEpoch);
    device
}
