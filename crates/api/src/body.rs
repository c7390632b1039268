//! Reading a request's body: bounded in size and time, and strict about JSON.
//!
//! The attacker is any client: bodies that never end, end too early, nest without end, or hide a
//! second key behind the first are refused with the specification's errors.

use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use http::StatusCode;
use rules::json::{JsonError, check_strict};
use ruma_common::api::error::ErrorKind;
use serde::de::DeserializeOwned;

use crate::{ApiError, App};

/// Bytes of the body of a request by who has not signed in, at most: what they may say is short.
pub(crate) const STRANGERS_BYTES: usize = 64 << 10;

/// How much of a body is taken.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    /// Bytes that are kept at most.
    pub(crate) kept: usize,
    /// Bytes that are heard out at most, kept or not: who is still speaking hears no answer.
    pub(crate) heard: usize,
    /// How long it may take to arrive.
    pub(crate) timeout: Duration,
}

/// The body, when it comes whole, small enough and soon enough.
pub(crate) async fn read(body: Body, limits: Limits) -> Result<Bytes, ApiError> {
    match tokio::time::timeout(limits.timeout, collect(body, limits)).await {
        Ok(Ok(Some(bytes))) => Ok(bytes),
        Ok(Ok(None)) => Err(too_large(limits.kept)),
        Ok(Err(_)) => Err(ApiError::not_json("the body ended before it was complete")),
        Err(_) => Err(too_slow()),
    }
}

/// What the body of a request says that anybody may send, as JSON.
pub(crate) async fn read_json<T: DeserializeOwned>(app: &App, body: Body) -> Result<T, ApiError> {
    let (heard, timeout) = (app.settings.request_bytes, app.settings.body_timeout);
    let bytes = read(body, Limits { kept: heard.min(STRANGERS_BYTES), heard, timeout }).await?;
    require_strict_json(&bytes)?;
    serde_json::from_slice(&bytes).map_err(|error| ApiError::bad_json(error.to_string()))
}

/// The body, unless it is longer than what is kept.
async fn collect(body: Body, limits: Limits) -> Result<Option<Bytes>, axum::Error> {
    let mut pieces = body.into_data_stream();
    let (mut kept, mut size) = (BytesMut::new(), 0_usize);
    while let Some(piece) = pieces.next().await {
        let piece = piece?;
        size = size.saturating_add(piece.len());
        if size > limits.heard {
            return Ok(None);
        }
        if size > limits.kept {
            kept = BytesMut::new();
        } else {
            kept.extend_from_slice(&piece);
        }
    }
    Ok((size <= limits.kept).then(|| kept.freeze()))
}

/// Refuses a text that two readers could understand in two ways, and one that is no object: a list
/// would be read as the fields in their order.
pub(crate) fn require_strict_json(body: &[u8]) -> Result<(), ApiError> {
    check_strict(body).map_err(|error| match error {
        JsonError::NotUtf8 | JsonError::Syntax(_) => ApiError::not_json(error.to_string()),
        _ => ApiError::bad_json(error.to_string()),
    })?;
    if body.trim_ascii_start().starts_with(b"{") {
        return Ok(());
    }
    Err(ApiError::bad_json(JsonError::NotAnObject.to_string()))
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
