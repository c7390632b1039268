//! `PUT /_matrix/client/v3/room_keys/version/{version}`: changes a backup's `auth_data`.

use ruma_client_api::backup::update_backup_version::v3::{Request, Response};

use super::algorithm::Algorithm;
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let version = &call.request.version;
    let told = Algorithm::read(&call.request.algorithm)?;
    if told.version.as_ref().is_some_and(|told| told != version) {
        return Err(ApiError::invalid_param("the versions in path and body differ"));
    }
    let user = &call.who.user_id;
    app.devices.update_backup(user, version, &told.name, &told.auth_data).await?;
    Ok(Response::new())
}
