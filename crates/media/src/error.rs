//! How media fails.

use store::{CommitError, StoreError};
use vault::VaultError;

use crate::tables::BEGUN;

/// Why media was not stored or not given.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    /// There is no such media.
    #[error("there is no such media")]
    NotFound,
    /// The identifier was reserved and its content has not come yet.
    #[error("the content has not been uploaded yet")]
    NotYetUploaded,
    /// The identifier has content already.
    #[error("the media has content already")]
    AlreadyUploaded,
    /// The identifier was reserved by somebody else.
    #[error("the media belongs to somebody else")]
    NotTheirs,
    /// The person has reserved too many identifiers and uploaded nothing under them.
    #[error("too many uploads are announced and not done")]
    TooManyReserved,
    /// The person's account has ended, and its key with it.
    #[error("the account cannot upload any more")]
    AccountEnded,
    /// The content exceeds the limit.
    #[error("uploads have {limit} bytes at most")]
    TooLarge {
        /// Bytes allowed.
        limit: u64,
    },
    /// The file's name or type is too long.
    #[error("the name or the type of the file is too long")]
    LongDescription,
    /// The content ended before it was complete, or took longer than a day.
    #[error("the upload was interrupted")]
    Interrupted,
    /// The content is no picture of which a thumbnail can be made.
    #[error("no thumbnail can be made: {0}")]
    NoThumbnail(String),
    /// The picture is too large to be decoded.
    #[error("the picture is too large to make a thumbnail of it")]
    PictureTooLarge,
    /// The stored content was changed, cut or exchanged.
    #[error("stored media is damaged")]
    Damaged,
    /// A row names stored content which is not in the storage.
    #[error("stored media is lost")]
    Lost,
    /// The storage of files is away or refuses: nothing is known of what was asked for. The log
    /// says why.
    #[error("the storage of files is not available at the moment")]
    StorageUnavailable,
    /// The settings cannot be right.
    #[error("media storage: {0}")]
    Settings(String),
    /// A thread of the runtime ended early.
    #[error(transparent)]
    Task(#[from] tokio::task::JoinError),
    /// The store failed.
    #[error(transparent)]
    Store(StoreError),
    /// The vault failed.
    #[error(transparent)]
    Vault(VaultError),
}

impl From<StoreError> for MediaError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<CommitError> for MediaError {
    /// A batch of media checks that nobody else has given the same answer, and that what was
    /// written was not given up.
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Conflict { table } if table == BEGUN.name() => Self::Interrupted,
            CommitError::Conflict { .. } => Self::AlreadyUploaded,
            CommitError::Store(error) => Self::Store(error),
        }
    }
}

impl From<VaultError> for MediaError {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::Destroyed(_) => Self::AccountEnded,
            VaultError::Stream => Self::Damaged,
            error => Self::Vault(error),
        }
    }
}
