//! How a sync fails.

use attention::AttentionError;
use base::number::RoomNo;
use devices::DeviceError;
use rooms::RoomError;
use store::StoreError;
use vault::VaultError;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// The token is not one that this server gave.
    #[error("{0} is not a token of this server")]
    Token(String),
    /// The filter does not read, or is not known.
    #[error("filter: {0}")]
    Filter(String),
    /// A sliding sync asks for more than is answered.
    #[error("{0}")]
    Request(String),
    /// The position is not one that this node gave to this device, or it is kept no longer.
    #[error("the position is not known: begin without one")]
    UnknownPosition,
    /// A room is not to be told of where its person's membership was said to be.
    #[error("room {0} moved while it was told of")]
    Moved(RoomNo),
    /// The server is stopping.
    #[error("the server is stopping")]
    Closed,
    /// Rooms failed.
    #[error(transparent)]
    Rooms(#[from] RoomError),
    /// Devices failed.
    #[error(transparent)]
    Devices(#[from] DeviceError),
    /// Counting failed.
    #[error(transparent)]
    Attention(#[from] AttentionError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl SyncError {
    /// Whether the engine is away: the same may be asked again later.
    pub(crate) fn is_outage(&self) -> bool {
        if let Self::Attention(error) = self {
            return error.is_outage();
        }
        let (Self::Store(store)
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
