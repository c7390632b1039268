//! How the vault fails.

use store::{CommitError, StoreError};

use crate::keyring::Owner;

/// A key that cannot be had, or bytes that do not open.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The keyring was made with another key-encryption key.
    #[error("the key-encryption key does not open this keyring")]
    WrongKey,
    /// The owner's key was destroyed; it is never made again.
    #[error("the key of {0} was destroyed")]
    Destroyed(Owner),
    /// Something is sealed under a key that the keyring does not have.
    #[error("the keyring has no key of {0}, under which data is sealed")]
    Missing(Owner),
    /// The bytes were not sealed by this key for this place, or were changed since.
    #[error("sealed data of table {table} does not open")]
    Sealed {
        /// The table.
        table: &'static str,
    },
    /// A sealed stream ends too early, or was changed, reordered or exchanged.
    #[error("sealed stream does not open")]
    Stream,
    /// The file of the key-encryption key cannot be read or made.
    #[error("key file {path}: {source}")]
    KeyFile {
        /// Which file.
        path: String,
        /// Why not.
        source: std::io::Error,
    },
    /// The file of the key-encryption key does not hold 32 bytes.
    #[error("key file {path} holds {found} bytes instead of 32")]
    KeyFileLength {
        /// Which file.
        path: String,
        /// How many bytes it holds.
        found: usize,
    },
    /// The signing key in the keyring is not one.
    #[error("the signing key in the keyring is malformed")]
    SigningKey,
    /// The keyring's store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<CommitError> for VaultError {
    /// For batches whose conflict the vault has already dealt with.
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Store(error) => Self::Store(error),
            CommitError::Conflict { table } => {
                Self::Store(StoreError::Engine(format!("unexpected conflict in table {table}")))
            }
        }
    }
}
