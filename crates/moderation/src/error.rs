//! How moderation fails.

use store::{CommitError, StoreError};
use vault::VaultError;

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum ModerationError {
    /// What somebody wrote of a report is too long.
    #[error("the reason has more than {limit} bytes")]
    LongReason {
        /// Bytes that it may have.
        limit: usize,
    },
    /// Too many reports of one person wait to be dealt with.
    #[error("too many of your reports wait to be dealt with")]
    TooMany,
    /// Others wrote at the same time, again and again.
    #[error("too many reports at once")]
    Busy,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A key is not to be had.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

impl From<CommitError> for ModerationError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Conflict { .. } => Self::Busy,
            CommitError::Store(error) => Self::Store(error),
        }
    }
}
