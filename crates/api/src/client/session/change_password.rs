//! `POST /_matrix/client/v3/account/password`: changes the password.

use accounts::OtherSessions;
use base::secret::Secret;
use ruma_client_api::account::change_password::v3::{Request, Response};

use super::require_caller;
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let caller = require_caller(call.who)?;
    let password = Secret::new(call.request.new_password);
    app.accounts.require_strong_password(&password)?;
    app.confirm(&caller, &call.asked, call.request.auth.as_ref()).await?;
    let others = if call.request.logout_devices {
        OtherSessions::EndAllBut(Some(&caller.device_id))
    } else {
        OtherSessions::Keep
    };
    for device in app.accounts.change_password(&caller.user_id, &password, others).await? {
        app.devices.remove(&caller.user_id, &device).await?;
    }
    // What is said from now on is told on no device that may be a thief's.
    app.delivery.remove_pushers(&caller.user_id, Some(&caller.device_id)).await?;
    Ok(Response::new())
}
