//! How failures of searches are told.

use http::StatusCode;
use ruma_common::api::error::ErrorKind;
use search::SearchError;

use super::ApiError;

impl From<SearchError> for ApiError {
    fn from(error: SearchError) -> Self {
        let message = error.to_string();
        match error {
            SearchError::Token(_) | SearchError::Question(_) => Self::invalid_param(message),
            // The index is made anew: the same request succeeds soon.
            SearchError::NotReady | SearchError::Index(_) | SearchError::Taken(_) => {
                let message = "the search index is being made; try again soon";
                Self::new(StatusCode::SERVICE_UNAVAILABLE, ErrorKind::Unknown, message)
            }
            SearchError::Rooms(error) => error.into(),
            SearchError::Store(error) => Self::of_store(&error),
            SearchError::Vault(error) => Self::of_vault(&error),
        }
    }
}
