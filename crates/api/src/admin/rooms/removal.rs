//! Removing rooms: how it is asked, and how it is told.

use rooms::{PurgeStatus, RoomError, RoomRemoval};
use ruma_common::OwnedUserId;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::admin::ask::Ask;
use crate::{ApiError, App};

/// How a room is to be removed.
#[derive(Deserialize)]
pub(super) struct Body {
    #[serde(default)]
    block: bool,
    #[serde(default = "yes")]
    purge: bool,
    new_room_user_id: Option<Value>,
}

fn yes() -> bool {
    true
}

/// What became of a room's people.
#[derive(Serialize)]
pub(crate) struct Shutdown {
    kicked_users: Vec<OwnedUserId>,
    failed_to_kick_users: [OwnedUserId; 0],
    local_aliases: [String; 0],
    new_room_id: Option<String>,
}

/// What came of a removal.
#[expect(clippy::struct_field_names, reason = "the names of the interface")]
#[derive(Serialize)]
pub(crate) struct Status {
    delete_id: String,
    room_id: String,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    shutdown_room: Option<Shutdown>,
}

impl From<Vec<OwnedUserId>> for Shutdown {
    fn from(kicked_users: Vec<OwnedUserId>) -> Self {
        Self { kicked_users, failed_to_kick_users: [], local_aliases: [], new_room_id: None }
    }
}

impl From<PurgeStatus> for Status {
    fn from(status: PurgeStatus) -> Self {
        Self {
            delete_id: status.id,
            room_id: status.room_id.into(),
            status: if status.done { "complete" } else { "purging" },
            shutdown_room: status.done.then(|| status.put_out.into()),
        }
    }
}

/// Begins a removal; its id, when there is something to remove.
pub(super) async fn begin(app: &App, ask: &Ask) -> Result<Option<String>, ApiError> {
    let (room, body): (_, Body) = (ask.room()?, ask.body()?);
    if body.new_room_user_id.is_some() {
        let message = "nobody is put into a room that they did not come into themselves: \
            a removed room has no successor here";
        return Err(ApiError::invalid_param(message));
    }
    if !body.block && app.rooms.room(&room).await.is_err_and(|error| is_unknown(&error)) {
        return Err(ApiError::not_found(format!("there is no room {room}")));
    }
    let by = ask.who.user_id.clone();
    let asked = RoomRemoval { by, block: body.block, purge: body.purge };
    Ok(app.rooms.remove_room(&room, &asked).await?)
}

fn is_unknown(error: &RoomError) -> bool {
    matches!(error, RoomError::UnknownRoom(_) | RoomError::Deleted(_))
}

/// To an administrator a room that is not there is not found.
pub(super) fn not_found(error: RoomError) -> ApiError {
    if is_unknown(&error) {
        return ApiError::not_found("there is no such room");
    }
    error.into()
}
