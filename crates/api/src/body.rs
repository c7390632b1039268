//! Reading a request's body: bounded in size and time, and strict about JSON.
//!
//! The attacker is any client: bodies that never end, end too early, nest without end, or hide a
//! second key behind the first are refused with the specification's errors.

use std::error::Error;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use bytes::Bytes;
use http::StatusCode;
use http_body_util::LengthLimitError;
use rules::json::{JsonError, check_strict};
use ruma_common::api::error::ErrorKind;

use crate::ApiError;

/// The body, when it comes whole, small enough and soon enough.
pub(crate) async fn read(body: Body, limit: usize, timeout: Duration) -> Result<Bytes, ApiError> {
    match tokio::time::timeout(timeout, to_bytes(body, limit)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) if is_too_long(&error) => Err(too_large(limit)),
        Ok(Err(_)) => Err(ApiError::not_json("the body ended before it was complete")),
        Err(_) => Err(too_slow()),
    }
}

/// Refuses a text that two readers could understand in two ways.
pub(crate) fn require_strict_json(body: &[u8]) -> Result<(), ApiError> {
    check_strict(body).map_err(|error| match error {
        JsonError::NotUtf8 | JsonError::Syntax(_) => ApiError::not_json(error.to_string()),
        _ => ApiError::bad_json(error.to_string()),
    })
}

/// What a body that exceeds the limit is told.
pub(crate) fn too_large(limit: usize) -> ApiError {
    let message = format!("the body has more than {limit} bytes");
    ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, ErrorKind::TooLarge, message)
}

/// What a body that does not come is told.
pub(crate) fn too_slow() -> ApiError {
    let message = "the body did not arrive in time";
    ApiError::new(StatusCode::REQUEST_TIMEOUT, ErrorKind::Unknown, message)
}

fn is_too_long(error: &axum::Error) -> bool {
    error.source().is_some_and(<dyn Error>::is::<LengthLimitError>)
}
