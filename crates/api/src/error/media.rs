//! How failures of media are told.

use http::StatusCode;
use media::MediaError;
use ruma_common::api::error::{ErrorKind, LimitExceededErrorData};

use super::ApiError;

impl From<MediaError> for ApiError {
    fn from(error: MediaError) -> Self {
        let message = error.to_string();
        match error {
            MediaError::NotFound => Self::not_found(message),
            MediaError::NotYetUploaded => {
                Self::new(StatusCode::GATEWAY_TIMEOUT, ErrorKind::NotYetUploaded, message)
            }
            MediaError::AlreadyUploaded => {
                Self::new(StatusCode::CONFLICT, ErrorKind::CannotOverwriteMedia, message)
            }
            MediaError::NotTheirs | MediaError::AccountEnded => Self::forbidden(message),
            MediaError::TooManyReserved => {
                let kind = ErrorKind::LimitExceeded(LimitExceededErrorData::new());
                Self::new(StatusCode::TOO_MANY_REQUESTS, kind, message)
            }
            MediaError::TooLarge { .. } | MediaError::PictureTooLarge => Self::too_large(message),
            MediaError::LongDescription => Self::invalid_param(message),
            MediaError::Interrupted | MediaError::NoThumbnail(_) => {
                Self::new(StatusCode::BAD_REQUEST, ErrorKind::Unknown, message)
            }
            MediaError::StorageUnavailable => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, ErrorKind::Unknown, message)
            }
            MediaError::Damaged
            | MediaError::Lost
            | MediaError::Settings(_)
            | MediaError::Task(_) => Self::internal(&message),
            MediaError::Store(error) => Self::of_store(&error),
            MediaError::Vault(error) => Self::of_vault(&error),
        }
    }
}
