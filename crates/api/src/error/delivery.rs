//! How refusals of pushers are told.

use delivery::DeliveryError;

use super::ApiError;

impl From<DeliveryError> for ApiError {
    fn from(error: DeliveryError) -> Self {
        let message = error.to_string();
        match error {
            DeliveryError::Invalid(_) | DeliveryError::Address(_) | DeliveryError::TooMany => {
                Self::invalid_param(message)
            }
            DeliveryError::Busy => Self::internal(&message),
            DeliveryError::Accounts(error) => error.into(),
            DeliveryError::Attention(error) => error.into(),
            DeliveryError::Store(error) => Self::of_store(&error),
            DeliveryError::Vault(error) => Self::of_vault(&error),
        }
    }
}
