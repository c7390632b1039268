//! `GET /_matrix/client/v3/room_keys/keys/{roomId}/{sessionId}`: the key of a session in a backup.

use devices::BackupPart;
use ruma_client_api::backup::get_backup_keys_for_session::v3::{Request, Response};
use ruma_common::serde::Raw;

use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let Request { version, room_id, session_id, .. } = call.request;
    let part = BackupPart::Session(&room_id, &session_id);
    let mut keys = app.devices.backup_keys(&call.who.user_id, &version, part).await?;
    let key = keys.remove(&room_id).and_then(|mut sessions| sessions.remove(&session_id));
    let key = key.ok_or_else(|| ApiError::not_found("the backup has no key of this session"))?;
    Ok(Response::new(Raw::from_json(key)))
}
