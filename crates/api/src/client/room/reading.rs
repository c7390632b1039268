//! Rooms and events as answers carry them.

use std::sync::Arc;

use http::StatusCode;
use rooms::{RoomError, Shown, Stored, Viewer};
use ruma_common::api::error::ErrorKind;
use ruma_common::serde::Raw;
use ruma_common::{OwnedRoomId, OwnedRoomOrAliasId};

use crate::{ApiError, App};

/// The room of an id or an alias.
pub(super) async fn room_of(app: &App, name: OwnedRoomOrAliasId) -> Result<OwnedRoomId, ApiError> {
    match OwnedRoomId::try_from(name) {
        Ok(id) => Ok(id),
        Err(alias) => Ok(app.rooms.resolve_alias(&alias).await?),
    }
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
pub(super) fn nothing_to_see(error: RoomError) -> ApiError {
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
