//! How failures of syncs are told.

use http::StatusCode;
use ruma_common::api::error::ErrorKind;
use sync::SyncError;

use super::ApiError;

impl From<SyncError> for ApiError {
    fn from(error: SyncError) -> Self {
        let message = error.to_string();
        match error {
            SyncError::Token(_) | SyncError::Filter(_) | SyncError::Request(_) => {
                Self::invalid_param(message)
            }
            SyncError::UnknownPosition => {
                Self::new(StatusCode::BAD_REQUEST, ErrorKind::UnknownPos, message)
            }
            moved @ SyncError::Moved(_) => Self::internal(&moved),
            SyncError::Closed => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, ErrorKind::Unknown, message)
            }
            SyncError::Rooms(error) => error.into(),
            SyncError::Devices(error) => error.into(),
            SyncError::Attention(error) => error.into(),
            SyncError::Store(error) => Self::of_store(&error),
        }
    }
}
