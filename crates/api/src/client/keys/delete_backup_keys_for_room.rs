//! `DELETE /_matrix/client/v3/room_keys/keys/{roomId}`: deletes the keys of a room in a backup.

use devices::BackupPart;
use ruma_client_api::backup::delete_backup_keys_for_room::v3::{Request, Response};

use super::backed_up::count;
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let Request { version, room_id, .. } = call.request;
    let part = BackupPart::Room(&room_id);
    let stamp = app.devices.delete_backup_keys(&call.who.user_id, &version, part).await?;
    Ok(Response::new(stamp.etag, count(stamp.count)))
}
