//! `PUT /_matrix/client/v3/room_keys/keys/{roomId}`: puts keys of a room into the backup.

use devices::BackedUpKeys;
use ruma_client_api::backup::add_backup_keys_for_room::v3::{Request, Response};

use super::backed_up::{count, kept};
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let Request { version, room_id, sessions, .. } = call.request;
    let keys = BackedUpKeys::from([(room_id, kept(sessions))]);
    let stamp = app.devices.put_backup_keys(&call.who.user_id, &version, &keys).await?;
    Ok(Response::new(stamp.etag, count(stamp.count)))
}
