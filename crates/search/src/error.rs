//! How a search fails.

use rooms::RoomError;
use store::StoreError;
use vault::VaultError;

/// Why nothing is found, or why there is no index.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// The token is not one that this server gave for such a question.
    #[error("{0} is not a token of this search")]
    Token(String),
    /// The question is not one that can be asked.
    #[error("{0}")]
    Question(String),
    /// The index is being made: what was said can be found soon.
    #[error("the index is being made; try again soon")]
    NotReady,
    /// Another process has the index open.
    #[error("another process has the index in {0} open")]
    Taken(String),
    /// The index does not read or write. It is made anew, or tried again.
    #[error("search index: {0}")]
    Index(String),
    /// Rooms failed.
    #[error(transparent)]
    Rooms(#[from] RoomError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The keyring failed.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

impl SearchError {
    /// Whether the store could not be asked: nothing is wrong with what was asked.
    pub(crate) fn is_outage(&self) -> bool {
        matches!(
            self,
            Self::Store(StoreError::Unavailable { .. })
                | Self::Vault(VaultError::Store(StoreError::Unavailable { .. }))
                | Self::Rooms(
                    RoomError::Store(StoreError::Unavailable { .. })
                        | RoomError::Vault(VaultError::Store(StoreError::Unavailable { .. }))
                )
        )
    }

    /// Whether the store is closed: there is nothing left to follow.
    pub(crate) fn is_end(&self) -> bool {
        matches!(
            self,
            Self::Store(StoreError::Closed) | Self::Rooms(RoomError::Store(StoreError::Closed))
        )
    }
}

impl From<tantivy::TantivyError> for SearchError {
    fn from(error: tantivy::TantivyError) -> Self {
        Self::Index(error.to_string())
    }
}

impl From<std::io::Error> for SearchError {
    fn from(error: std::io::Error) -> Self {
        Self::Index(error.to_string())
    }
}

impl From<tokio::task::JoinError> for SearchError {
    /// The library gave up in the middle: on damaged data it may.
    fn from(error: tokio::task::JoinError) -> Self {
        Self::Index(error.to_string())
    }
}
