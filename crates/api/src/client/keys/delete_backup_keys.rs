//! `DELETE /_matrix/client/v3/room_keys/keys`: deletes all keys of a backup.

use devices::BackupPart;
use ruma_client_api::backup::delete_backup_keys::v3::{Request, Response};

use super::backed_up::count;
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let Request { version, .. } = call.request;
    let part = BackupPart::All;
    let stamp = app.devices.delete_backup_keys(&call.who.user_id, &version, part).await?;
    Ok(Response::new(stamp.etag, count(stamp.count)))
}
