//! How failures of moderation are told.

use http::StatusCode;
use moderation::ModerationError;
use ruma_common::api::error::{ErrorKind, LimitExceededErrorData};

use super::ApiError;

impl From<ModerationError> for ApiError {
    fn from(error: ModerationError) -> Self {
        let message = error.to_string();
        match error {
            ModerationError::LongReason { .. } => Self::too_large(message),
            ModerationError::TooMany => {
                let kind = ErrorKind::LimitExceeded(LimitExceededErrorData::new());
                Self::new(StatusCode::TOO_MANY_REQUESTS, kind, message)
            }
            ModerationError::Busy => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, ErrorKind::Unknown, message)
            }
            ModerationError::Store(error) => Self::of_store(&error),
            ModerationError::Vault(error) => Self::of_vault(&error),
        }
    }
}
