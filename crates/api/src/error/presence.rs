//! How failures of presence are told.

use presence::PresenceError;

use super::ApiError;

impl From<PresenceError> for ApiError {
    fn from(error: PresenceError) -> Self {
        match error {
            PresenceError::LongStatus { .. } => Self::too_large(error.to_string()),
            PresenceError::Store(error) => Self::of_store(&error),
            PresenceError::Vault(error) => Self::of_vault(&error),
        }
    }
}
