//! How presence fails.

use store::{CommitError, StoreError};
use vault::VaultError;

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum PresenceError {
    /// What a person says of themselves is too long.
    #[error("the status message has more than {limit} bytes")]
    LongStatus {
        /// Bytes that it may have.
        limit: usize,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A key is not to be had.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

impl From<CommitError> for PresenceError {
    fn from(error: CommitError) -> Self {
        match error {
            // No batch of this crate checks anything.
            CommitError::Conflict { .. } => {
                Self::Store(StoreError::Engine("an unchecked batch was refused".to_owned()))
            }
            CommitError::Store(error) => Self::Store(error),
        }
    }
}
