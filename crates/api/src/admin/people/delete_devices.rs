//! `POST /_synapse/admin/v2/users/{user_id}/delete_devices`: ends sessions of somebody.

use ruma_common::OwnedDeviceId;
use serde::Deserialize;

use super::shown::require_account;
use crate::admin::ask::{Ask, Done};
use crate::client::end_session;
use crate::{ApiError, App};

/// Which.
#[derive(Deserialize)]
struct Body {
    devices: Vec<OwnedDeviceId>,
}

/// Handles the call.
pub(crate) async fn handler(app: App, ask: Ask) -> Result<Done, ApiError> {
    let (user, Body { devices }) = (ask.user(&app)?, ask.body()?);
    require_account(&app, &user).await?;
    for device in &devices {
        end_session(&app, &user, device).await?;
    }
    Ok(Done {})
}
