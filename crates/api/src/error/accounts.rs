//! How failures of accounts are told.

use std::time::Duration;

use accounts::AccountError;
use http::StatusCode;
use ruma_common::api::error::{
    ErrorKind, LimitExceededErrorData, RetryAfter, UnknownTokenErrorData,
};

use super::ApiError;

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
            AccountError::Administrator(_) => Self::forbidden(message),
            AccountError::Guest => {
                Self::new(StatusCode::FORBIDDEN, ErrorKind::GuestAccessForbidden, message)
            }
            AccountError::Invalid(_) => Self::invalid_param(message),
            AccountError::KeyTooLarge => {
                Self::new(StatusCode::BAD_REQUEST, ErrorKind::KeyTooLarge, message)
            }
            AccountError::ProfileTooLarge => {
                Self::new(StatusCode::BAD_REQUEST, ErrorKind::ProfileTooLarge, message)
            }
            AccountError::LimitExceeded { retry_after } => limit_exceeded(retry_after, message),
            AccountError::Busy => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, ErrorKind::Unknown, message)
            }
            AccountError::Hash(_) => Self::internal(&message),
            AccountError::Store(error) => Self::of_store(&error),
            AccountError::Vault(error) => Self::of_vault(&error),
        }
    }
}

/// The header counts in seconds: who comes back when it says must not come too early.
fn limit_exceeded(retry_after: Duration, message: String) -> ApiError {
    let seconds = retry_after.as_secs() + u64::from(retry_after.subsec_nanos() > 0);
    let mut data = LimitExceededErrorData::new();
    data.retry_after = Some(RetryAfter::Delay(Duration::from_secs(seconds)));
    ApiError::new(StatusCode::TOO_MANY_REQUESTS, ErrorKind::LimitExceeded(data), message)
}
