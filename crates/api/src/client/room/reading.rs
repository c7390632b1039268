//! Rooms and events as answers carry them.

use std::collections::HashSet;
use std::sync::Arc;

use http::StatusCode;
use rooms::{RoomError, Shown, Stored, Viewer};
use ruma_common::api::error::ErrorKind;
use ruma_common::serde::Raw;
use ruma_common::{OwnedRoomId, OwnedRoomOrAliasId, OwnedUserId, RoomId, UserId};

use crate::{ApiError, App, Caller};

/// The room of an id or an alias.
pub(crate) async fn room_of(app: &App, name: OwnedRoomOrAliasId) -> Result<OwnedRoomId, ApiError> {
    match OwnedRoomId::try_from(name) {
        Ok(id) => Ok(id),
        Err(alias) => Ok(app.rooms.resolve_alias(&alias).await?),
    }
}

/// A person looking at a room that they may read, without what is summed up there of people whom
/// they ignore.
pub(super) async fn viewer(app: &App, who: &Caller, room_id: &RoomId) -> Result<Viewer, ApiError> {
    let device = Some(who.device_id.clone());
    let viewer = app.rooms.reader(&who.user_id, room_id, device).await?;
    Ok(viewer.ignoring(ignored(app, &who.user_id).await?))
}

/// The same, where every refusal is that there is nothing to see.
pub(super) async fn viewer_of_event(
    app: &App,
    who: &Caller,
    room_id: &RoomId,
) -> Result<Viewer, ApiError> {
    let device = Some(who.device_id.clone());
    let viewer = app.rooms.reader(&who.user_id, room_id, device).await.map_err(nothing_to_see)?;
    Ok(viewer.ignoring(ignored(app, &who.user_id).await?))
}

/// Whom a person ignores.
pub(in crate::client) async fn ignored(
    app: &App,
    user: &UserId,
) -> Result<Arc<HashSet<OwnedUserId>>, ApiError> {
    Ok(Arc::new(app.devices.ignored_people(user).await?))
}

/// For endpoints that whoever is not in the room may call: a room that is not known is not found,
/// as one that they may not know of.
pub(super) fn not_found(error: RoomError) -> ApiError {
    match error {
        RoomError::UnknownRoom(_) => ApiError::not_found(error.to_string()),
        error => error.into(),
    }
}

/// For endpoints whose every refusal is that there is nothing to see.
pub(in crate::client) fn nothing_to_see(error: RoomError) -> ApiError {
    match error {
        RoomError::UnknownRoom(_) | RoomError::Forbidden(_) => {
            ApiError::not_found(error.to_string())
        }
        error => error.into(),
    }
}

/// A failure that the specification gives no code of its own.
pub(super) fn unknown(status: StatusCode, message: impl Into<String>) -> ApiError {
    ApiError::new(status, ErrorKind::Unknown, message)
}

/// Events as an answer carries them.
pub(super) async fn events<T>(viewer: &Viewer, events: &[Shown]) -> Result<Vec<Raw<T>>, ApiError> {
    raw(viewer.client_json_all(events).await?)
}

/// State as an answer carries it.
pub(super) async fn state<T>(
    viewer: &Viewer,
    events: &[Arc<Stored>],
) -> Result<Vec<Raw<T>>, ApiError> {
    raw(viewer.state_json(events).await?)
}

/// One event as an answer carries it.
pub(super) async fn event<T>(viewer: &Viewer, event: &Shown) -> Result<Raw<T>, ApiError> {
    let text = viewer.client_json(event).await?;
    Raw::from_json_string(text).map_err(|error| ApiError::internal(&error))
}

fn raw<T>(texts: Vec<String>) -> Result<Vec<Raw<T>>, ApiError> {
    let raw = texts.into_iter().map(Raw::from_json_string).collect::<Result<_, _>>();
    raw.map_err(|error| ApiError::internal(&error))
}
