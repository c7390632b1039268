//! How an operation on keys, or on what people keep here, fails.

use store::{CommitError, StoreError};
use vault::VaultError;

/// Why keys or data were not given, or not taken.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    /// Not there.
    #[error("{0}")]
    NotFound(String),
    /// Not allowed to this person.
    #[error("{0}")]
    Forbidden(String),
    /// What was sent does not have the shape that it must have.
    #[error("{0}")]
    Malformed(String),
    /// What was sent contradicts itself, or what is already here.
    #[error("{0}")]
    Invalid(String),
    /// What was sent, or what would come of it, is larger than what is kept.
    #[error("{0}")]
    TooLarge(String),
    /// A signature does not hold.
    #[error("{0}")]
    InvalidSignature(String),
    /// A key is missing without which the others mean nothing.
    #[error("{0}")]
    MissingKey(String),
    /// The person must confirm that it is they who replace their identity's keys.
    #[error("replacing cross-signing keys must be confirmed")]
    Unconfirmed,
    /// The server itself writes this type of account data.
    #[error("{0} is not set through this interface")]
    ManagedByServer(String),
    /// Keys were sent to a backup that is not the newest.
    #[error("the current backup version is {current}")]
    WrongBackupVersion {
        /// The newest version.
        current: String,
    },
    /// A push rule is placed next to one that is not there, or is not the person's.
    #[error("{0}")]
    BadRule(String),
    /// Somebody else wrote first, many times over.
    #[error("too many changes at once")]
    Busy,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A key is not to be had.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

impl From<CommitError> for DeviceError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Conflict { .. } => Self::Busy,
            CommitError::Store(error) => Self::Store(error),
        }
    }
}
