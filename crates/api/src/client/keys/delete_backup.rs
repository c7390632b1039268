//! `DELETE /_matrix/client/v3/room_keys/version/{version}`: deletes a backup and its keys.

use ruma_client_api::backup::delete_backup_version::v3::{Request, Response};

use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    app.devices.delete_backup(&call.who.user_id, &call.request.version).await?;
    Ok(Response::new())
}
