//! How failures of devices, and of what people keep, are told.

use devices::DeviceError;
use http::StatusCode;
use ruma_common::api::error::{ErrorKind, WrongRoomKeysVersionErrorData};

use super::ApiError;

impl From<DeviceError> for ApiError {
    fn from(error: DeviceError) -> Self {
        let message = error.to_string();
        match error {
            DeviceError::NotFound(_) => Self::not_found(message),
            // Who asks for a confirmation has told the person what to do; this is who forgot to.
            DeviceError::Forbidden(_) | DeviceError::Unconfirmed => Self::forbidden(message),
            DeviceError::Malformed(_) => Self::bad_json(message),
            DeviceError::Invalid(_) => Self::invalid_param(message),
            DeviceError::TooLarge(_) => Self::too_large(message),
            DeviceError::InvalidSignature(_) => {
                Self::new(StatusCode::BAD_REQUEST, invalid_signature(), message)
            }
            DeviceError::MissingKey(_) => Self::missing_param(message),
            DeviceError::ManagedByServer(_) => {
                Self::new(StatusCode::METHOD_NOT_ALLOWED, ErrorKind::BadJson, message)
            }
            DeviceError::WrongBackupVersion { current } => {
                let data = WrongRoomKeysVersionErrorData::new(current);
                let kind = ErrorKind::WrongRoomKeysVersion(data);
                Self::new(StatusCode::FORBIDDEN, kind, message)
            }
            DeviceError::BadRule(_) => {
                Self::new(StatusCode::BAD_REQUEST, ErrorKind::Unknown, message)
            }
            DeviceError::Busy => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, ErrorKind::Unknown, message)
            }
            DeviceError::Store(error) => Self::of_store(&error),
            DeviceError::Vault(error) => Self::of_vault(&error),
        }
    }
}

/// `M_INVALID_SIGNATURE`, which ruma has no name for and makes from JSON only.
fn invalid_signature() -> ErrorKind {
    let kind = serde_json::from_str(r#"{"errcode":"M_INVALID_SIGNATURE"}"#);
    kind.unwrap_or(ErrorKind::Unknown)
}
