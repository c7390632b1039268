//! `POST /_matrix/client/v3/room_keys/version`: begins a new backup of room keys.

use ruma_client_api::backup::create_backup_version::v3::{Request, Response};

use super::algorithm::Algorithm;
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let Algorithm { name, auth_data, .. } = Algorithm::read(&call.request.algorithm)?;
    let version = app.devices.create_backup(&call.who.user_id, &name, &auth_data).await?;
    Ok(Response::new(version))
}
