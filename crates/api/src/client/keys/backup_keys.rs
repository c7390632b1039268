//! `GET /_matrix/client/v3/room_keys/keys`: all keys of a backup.

use devices::BackupPart;
use ruma_client_api::backup::RoomKeyBackup;
use ruma_client_api::backup::get_backup_keys::v3::{Request, Response};

use super::backed_up::answered;
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let version = &call.request.version;
    let keys = app.devices.backup_keys(&call.who.user_id, version, BackupPart::All).await?;
    let rooms = keys.into_iter().map(|(room, keys)| (room, RoomKeyBackup::new(answered(keys))));
    Ok(Response::new(rooms.collect()))
}
