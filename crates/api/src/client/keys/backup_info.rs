//! `GET /_matrix/client/v3/room_keys/version/{version}`: a backup of room keys.

use ruma_client_api::backup::get_backup_info::v3::{Request, Response};

use super::algorithm::Algorithm;
use super::backed_up::count;
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let info = app.devices.backup(&call.who.user_id, Some(&call.request.version)).await?;
    let algorithm = Algorithm::of(&info)?;
    Ok(Response::new(algorithm, count(info.stamp.count), info.stamp.etag, info.version))
}
