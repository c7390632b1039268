//! How asking for attention fails.

use devices::DeviceError;
use rooms::RoomError;
use store::StoreError;
use vault::VaultError;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AttentionError {
    /// Where to go on is not a place that was given here.
    #[error("{0:?} is not a token of this list")]
    Token(String),
    /// Rooms failed.
    #[error(transparent)]
    Rooms(#[from] RoomError),
    /// Devices failed.
    #[error(transparent)]
    Devices(#[from] DeviceError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The keyring failed.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

impl AttentionError {
    /// Whether the engine is away: the same may be asked again later.
    pub fn is_outage(&self) -> bool {
        let (Self::Store(store)
        | Self::Vault(VaultError::Store(store))
        | Self::Rooms(RoomError::Store(store) | RoomError::Vault(VaultError::Store(store)))
        | Self::Devices(
            DeviceError::Store(store) | DeviceError::Vault(VaultError::Store(store)),
        )) = self
        else {
            return false;
        };
        matches!(store, StoreError::Unavailable { .. })
    }
}
