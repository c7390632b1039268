//! How failures of accounts are told.

use accounts::AccountError;
use http::StatusCode;
use ruma_common::api::error::{ErrorKind, UnknownTokenErrorData};

use super::ApiError;
use super::rate::too_often;

impl From<AccountError> for ApiError {
    fn from(error: AccountError) -> Self {
        let message = error.to_string();
        match error {
            AccountError::UnknownToken { soft_logout } => {
                let mut data = UnknownTokenErrorData::new();
                data.soft_logout = soft_logout;
                Self::new(StatusCode::UNAUTHORIZED, ErrorKind::UnknownToken(data), message)
            }
            AccountError::WrongCredentials | AccountError::RegistrationClosed => {
                Self::forbidden(message)
            }
            AccountError::InvalidUsername(_) => {
                Self::new(StatusCode::BAD_REQUEST, ErrorKind::InvalidUsername, message)
            }
            AccountError::UserInUse => {
                Self::new(StatusCode::BAD_REQUEST, ErrorKind::UserInUse, message)
            }
            AccountError::WeakPassword { .. } => {
                Self::new(StatusCode::BAD_REQUEST, ErrorKind::WeakPassword, message)
            }
            AccountError::UnknownUser(_) | AccountError::UnknownSession(_) => {
                Self::not_found(message)
            }
            AccountError::Locked => {
                Self::new(StatusCode::UNAUTHORIZED, ErrorKind::UserLocked, message)
            }
            AccountError::Administrator(_) | AccountError::WrongMac => Self::forbidden(message),
            AccountError::NoSharedSecret => Self::unrecognized(),
            AccountError::Guest | AccountError::NoGuests => {
                Self::new(StatusCode::FORBIDDEN, ErrorKind::GuestAccessForbidden, message)
            }
            AccountError::Invalid(_) | AccountError::UnknownNonce => Self::invalid_param(message),
            AccountError::KeyTooLarge => {
                Self::new(StatusCode::BAD_REQUEST, ErrorKind::KeyTooLarge, message)
            }
            AccountError::ProfileTooLarge => {
                Self::new(StatusCode::BAD_REQUEST, ErrorKind::ProfileTooLarge, message)
            }
            AccountError::LimitExceeded { retry_after } => too_often(retry_after),
            AccountError::Busy => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, ErrorKind::Unknown, message)
            }
            AccountError::Hash(_) => Self::internal(&message),
            AccountError::Store(error) => Self::of_store(&error),
            AccountError::Vault(error) => Self::of_vault(&error),
        }
    }
}
