//! How it is told that something was done too often.

use std::time::Duration;

use base::rate::TooOften;
use http::StatusCode;
use ruma_common::api::error::{ErrorKind, LimitExceededErrorData, RetryAfter};

use super::ApiError;

impl From<TooOften> for ApiError {
    fn from(TooOften { retry_after }: TooOften) -> Self {
        too_often(retry_after)
    }
}

/// The header counts in seconds: who comes back when it says must not come too early.
pub(super) fn too_often(retry_after: Duration) -> ApiError {
    let seconds = retry_after.as_secs() + u64::from(retry_after.subsec_nanos() > 0);
    let mut data = LimitExceededErrorData::new();
    data.retry_after = Some(RetryAfter::Delay(Duration::from_secs(seconds)));
    let message = "too many tries";
    ApiError::new(StatusCode::TOO_MANY_REQUESTS, ErrorKind::LimitExceeded(data), message)
}
