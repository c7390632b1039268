//! How failures of rooms are told.

use http::StatusCode;
use rooms::RoomError;
use ruma_common::api::error::ErrorKind;

use super::ApiError;

impl From<RoomError> for ApiError {
    fn from(error: RoomError) -> Self {
        let message = error.to_string();
        match error {
            // Who is not in a room learns nothing of it, not even whether it exists.
            RoomError::UnknownRoom(_)
            | RoomError::Deleted(_)
            | RoomError::Forbidden(_)
            | RoomError::PlaintextRefused { .. } => Self::forbidden(message),
            RoomError::NoGuests => {
                Self::new(StatusCode::FORBIDDEN, ErrorKind::GuestAccessForbidden, message)
            }
            RoomError::NoticesStay => {
                let kind = ErrorKind::CannotLeaveServerNoticeRoom;
                Self::new(StatusCode::FORBIDDEN, kind, message)
            }
            RoomError::NotFound(_) => Self::not_found(message),
            RoomError::Invalid(_) => Self::bad_json(message),
            RoomError::InvalidParameter(_) => Self::invalid_param(message),
            RoomError::BadState(_) => {
                Self::new(StatusCode::FORBIDDEN, ErrorKind::BadState, message)
            }
            RoomError::InvalidState(_) => {
                Self::new(StatusCode::BAD_REQUEST, ErrorKind::InvalidRoomState, message)
            }
            RoomError::BadAlias(_) => {
                Self::new(StatusCode::BAD_REQUEST, ErrorKind::BadAlias, message)
            }
            RoomError::DuplicateAnnotation => {
                Self::new(StatusCode::BAD_REQUEST, ErrorKind::DuplicateAnnotation, message)
            }
            // "A specific error code is not currently available for this case."
            RoomError::NoThreadThere => {
                Self::new(StatusCode::BAD_REQUEST, ErrorKind::Unknown, message)
            }
            RoomError::TooLarge(_) => Self::too_large(message),
            RoomError::UnsupportedVersion(_) => {
                Self::new(StatusCode::BAD_REQUEST, ErrorKind::UnsupportedRoomVersion, message)
            }
            RoomError::AliasTaken(_) => {
                Self::new(StatusCode::BAD_REQUEST, ErrorKind::RoomInUse, message)
            }
            RoomError::Busy => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, ErrorKind::Unknown, message)
            }
            RoomError::Store(error) => Self::of_store(&error),
            RoomError::Vault(error) => Self::of_vault(&error),
        }
    }
}
