//! `PUT /_matrix/client/v3/room_keys/keys`: puts keys of many rooms into the backup.

use devices::BackedUpKeys;
use ruma_client_api::backup::add_backup_keys::v3::{Request, Response};

use super::backed_up::{count, kept};
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let Request { version, rooms, .. } = call.request;
    let rooms = rooms.into_iter().map(|(room, keys)| (room, kept(keys.sessions)));
    let keys: BackedUpKeys = rooms.collect();
    let stamp = app.devices.put_backup_keys(&call.who.user_id, &version, &keys).await?;
    Ok(Response::new(stamp.etag, count(stamp.count)))
}
