//! Who may ask what: asked once, of every request, before its endpoint sees anything of it.
//!
//! A locked person may sign out and nothing else; a suspended one reads and does not write; a guest
//! does what the specification opens to guests. Each is a table by endpoint, and what no table
//! names is refused: an endpoint that is added later is closed until somebody opens it.

use accounts::{AccountError, Standing};
use http::{HeaderMap, Method, StatusCode, header};
use ruma_common::api::Metadata;
use ruma_common::api::error::ErrorKind;
use ruma_common::api::path_builder::PathBuilder;
use ruma_common::{EventId, RoomId};

use crate::suspension::{self, Allowed};
use crate::{ApiError, App, Caller, guests};

/// What a locked person may still ask. (Specification: "Account locking".)
const OPEN_TO_THE_LOCKED: [&str; 2] =
    ["/_matrix/client/v3/logout", "/_matrix/client/v3/logout/all"];

/// An operation of the specification, by its method and the newest of its paths, `{name}` standing
/// for a part that varies.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
}

impl Operation {
    /// The endpoint that a request's type describes.
    pub(crate) fn of<T: Metadata>() -> Self {
        Self { method: T::METHOD, path: T::PATH_BUILDER.all_paths().last().unwrap_or_default() }
    }

    /// Refuses a token that is not where this operation takes it from.
    pub(crate) fn require_header(&self, headers: &HeaderMap) -> Result<(), ApiError> {
        if !BY_HEADER_ALONE.contains(&self.path) || headers.contains_key(header::AUTHORIZATION) {
            return Ok(());
        }
        let message = "the access token belongs into the header";
        Err(ApiError::new(StatusCode::UNAUTHORIZED, ErrorKind::MissingToken, message))
    }
}

/// Where a token counts in the header alone: addresses of files are passed on, and kept in histories.
const BY_HEADER_ALONE: [&str; 3] = [
    "/_matrix/client/v1/media/download/{server_name}/{media_id}",
    "/_matrix/client/v1/media/download/{server_name}/{media_id}/{filename}",
    "/_matrix/client/v1/media/thumbnail/{server_name}/{media_id}",
];

/// Refuses who may not ask this. `arguments` are the parts of the path that vary.
pub(crate) async fn admit(
    app: &App,
    operation: &Operation,
    caller: &Caller,
    arguments: &[String],
) -> Result<(), ApiError> {
    let standing = caller.standing;
    if !OPEN_TO_THE_LOCKED.contains(&operation.path) {
        require_unlocked(standing)?;
    }
    if standing.is_guest() && !guests::may(operation, arguments) {
        let message = "this is not open to guests";
        let kind = ErrorKind::GuestAccessForbidden;
        return Err(ApiError::new(StatusCode::FORBIDDEN, kind, message));
    }
    if standing.suspended {
        match suspension::allows(operation) {
            Allowed::Yes => {}
            Allowed::OnOwnEvents if is_own_event(app, caller, arguments).await? => {}
            Allowed::OnOwnEvents | Allowed::No => {
                let message = "the account is suspended: it reads, and does not write";
                return Err(ApiError::new(
                    StatusCode::FORBIDDEN,
                    ErrorKind::UserSuspended,
                    message,
                ));
            }
        }
    }
    Ok(())
}

/// Refuses whose account is locked.
pub(crate) fn require_unlocked(standing: Standing) -> Result<(), ApiError> {
    if standing.locked { Err(AccountError::Locked.into()) } else { Ok(()) }
}

/// Refuses who does not administer the server.
pub(crate) fn require_administrator(caller: &Caller) -> Result<(), ApiError> {
    if caller.standing.is_administrator() {
        return Ok(());
    }
    Err(ApiError::forbidden("this is for administrators of the server"))
}

/// Whether the event that a path names, after its room, is one that the caller sent. One that they
/// cannot see is not.
async fn is_own_event(app: &App, caller: &Caller, arguments: &[String]) -> Result<bool, ApiError> {
    let [room, event, ..] = arguments else { return Ok(false) };
    let (Ok(room), Ok(event)) = (RoomId::parse(room), EventId::parse(event)) else {
        return Ok(false);
    };
    let Ok(viewer) = app.rooms.reader(&caller.user_id, &room, None).await else { return Ok(false) };
    let event = app.rooms.event(&viewer, &event).await;
    Ok(event.is_ok_and(|event| event.stored().pdu.sender() == caller.user_id))
}
