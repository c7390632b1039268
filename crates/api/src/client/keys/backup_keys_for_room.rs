//! `GET /_matrix/client/v3/room_keys/keys/{roomId}`: the keys of a room in a backup; none is no
//! error.

use devices::BackupPart;
use ruma_client_api::backup::get_backup_keys_for_room::v3::{Request, Response};

use super::backed_up::answered;
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let Request { version, room_id, .. } = call.request;
    let part = BackupPart::Room(&room_id);
    let mut keys = app.devices.backup_keys(&call.who.user_id, &version, part).await?;
    Ok(Response::new(answered(keys.remove(&room_id).unwrap_or_default())))
}
