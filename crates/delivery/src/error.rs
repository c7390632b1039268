//! How an operation on pushers fails.

use accounts::AccountError;
use attention::AttentionError;
use outside::OutsideError;
use store::{CommitError, StoreError};
use vault::VaultError;

use crate::pushers::MOST;

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// A field of the pusher is not what it must be.
    #[error("{0}")]
    Invalid(String),
    /// The gateway's address may not be asked.
    #[error("data.url: {0}")]
    Address(#[from] OutsideError),
    /// The person has as many pushers as anybody.
    #[error("a person has {MOST} pushers at most")]
    TooMany,
    /// Others changed the same all the time.
    #[error("the pushers are being changed; try again")]
    Busy,
    /// Accounts failed.
    #[error(transparent)]
    Accounts(#[from] AccountError),
    /// Asking the rules failed.
    #[error(transparent)]
    Attention(#[from] AttentionError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The keyring failed.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

impl From<rooms::RoomError> for DeliveryError {
    fn from(error: rooms::RoomError) -> Self {
        Self::Attention(error.into())
    }
}

impl From<CommitError> for DeliveryError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Conflict { .. } => Self::Busy,
            CommitError::Store(error) => Self::Store(error),
        }
    }
}

impl DeliveryError {
    /// Whether the engine is away: the same may be done later.
    pub(crate) fn is_outage(&self) -> bool {
        match self {
            Self::Attention(error) => error.is_outage(),
            Self::Accounts(error) => error.is_outage(),
            Self::Store(error) | Self::Vault(VaultError::Store(error)) => {
                matches!(error, StoreError::Unavailable { .. })
            }
            _ => false,
        }
    }
}
