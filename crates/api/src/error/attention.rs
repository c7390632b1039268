//! How failures of unread counts and the list of notifications are told.

use attention::AttentionError;

use super::ApiError;

impl From<AttentionError> for ApiError {
    fn from(error: AttentionError) -> Self {
        let message = error.to_string();
        match error {
            AttentionError::Token(_) => Self::invalid_param(message),
            AttentionError::Rooms(error) => error.into(),
            AttentionError::Devices(error) => error.into(),
            AttentionError::Store(error) => Self::of_store(&error),
            AttentionError::Vault(error) => Self::of_vault(&error),
        }
    }
}
