//! How an operation on an account fails.

use std::time::Duration;

use base::rate::TooOften;
use ruma_common::{OwnedDeviceId, OwnedUserId};
use store::{CommitError, StoreError};
use vault::VaultError;

/// Why an account did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// The token is nobody's, or nobody's any more.
    #[error("the token is not known")]
    UnknownToken {
        /// The session is still there: signing in again, or refreshing, continues it.
        soft_logout: bool,
    },
    /// No such person, a wrong password, or an account that is closed: which, is not told.
    #[error("the name or the password is wrong")]
    WrongCredentials,
    /// Nobody opens an account here by themselves.
    #[error("registration is closed")]
    RegistrationClosed,
    /// The name is not one that the specification allows to new accounts.
    #[error("{0} is not a valid user name")]
    InvalidUsername(String),
    /// The name is taken, or was once.
    #[error("the user name is taken")]
    UserInUse,
    /// The password is too short, or longer than any that is hashed.
    #[error("a password has from {least} to {most} characters")]
    WeakPassword {
        /// Characters at least.
        least: usize,
        /// Bytes at most.
        most: usize,
    },
    /// No such person here.
    #[error("{0} is not known")]
    UnknownUser(OwnedUserId),
    /// The person has no such session.
    #[error("session {0} is not known")]
    UnknownSession(OwnedDeviceId),
    /// An administrator locked the account.
    #[error("the account is locked")]
    Locked,
    /// What was to be decided is not decided about an administrator.
    #[error("{0} is an administrator")]
    Administrator(OwnedUserId),
    /// What was to be done is not for guests.
    #[error("guests may not do this")]
    Guest,
    /// Guests are not taken in here.
    #[error("this server takes no guests")]
    NoGuests,
    /// Nobody opens accounts here by a shared secret.
    #[error("no shared secret is set")]
    NoSharedSecret,
    /// The nonce was not given here, opened an account already, or has expired.
    #[error("the nonce is not known, was used, or has expired")]
    UnknownNonce,
    /// Whoever asks does not hold the shared secret.
    #[error("the mac is wrong")]
    WrongMac,
    /// Something in the request does not fit.
    #[error("{0}")]
    Invalid(String),
    /// A profile field's name is longer than 255 bytes.
    #[error("the name of a profile field has more than 255 bytes")]
    KeyTooLarge,
    /// The profile would exceed 64 KiB.
    #[error("the profile would exceed 64 KiB")]
    ProfileTooLarge,
    /// Tried too often.
    #[error("too many tries")]
    LimitExceeded {
        /// When to try again.
        retry_after: Duration,
    },
    /// Somebody else wrote first, several times over.
    #[error("the account is too busy")]
    Busy,
    /// A password could not be hashed.
    #[error("password hash: {0}")]
    Hash(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A key is not to be had.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

impl From<TooOften> for AccountError {
    fn from(TooOften { retry_after }: TooOften) -> Self {
        Self::LimitExceeded { retry_after }
    }
}

impl From<CommitError> for AccountError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Conflict { .. } => Self::Busy,
            CommitError::Store(error) => Self::Store(error),
        }
    }
}

impl AccountError {
    /// Whether the store or the keyring is away: the same may be asked again later.
    pub fn is_outage(&self) -> bool {
        matches!(
            self,
            Self::Store(StoreError::Unavailable { .. })
                | Self::Vault(VaultError::Store(StoreError::Unavailable { .. }))
        )
    }
}
