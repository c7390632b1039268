//! How it is told that there is no preview.

use http::StatusCode;
use previews::PreviewError;
use ruma_common::api::error::ErrorKind;

use super::ApiError;

impl From<PreviewError> for ApiError {
    fn from(error: PreviewError) -> Self {
        let message = error.to_string();
        match error {
            PreviewError::Address => Self::invalid_param(message),
            PreviewError::Unread => Self::new(StatusCode::BAD_GATEWAY, ErrorKind::Unknown, message),
            PreviewError::NoPage => Self::not_found(message),
            PreviewError::Media(error) => match std::sync::Arc::try_unwrap(error) {
                Ok(error) => error.into(),
                // Others asked for the same at the same time.
                Err(error) => Self::internal(&error),
            },
        }
    }
}
