//! Answers that no type of ruma's describes.

use axum::body::Body;
use axum::response::Response;
use http::header::CONTENT_TYPE;
use serde::Serialize;

use crate::ApiError;

/// A success that says this, as JSON.
pub(crate) fn json(told: &impl Serialize) -> Result<Response, ApiError> {
    let text = serde_json::to_vec(told).map_err(|error| ApiError::internal(&error))?;
    Response::builder()
        .header(CONTENT_TYPE, "application/json")
        .body(Body::from(text))
        .map_err(|error| ApiError::internal(&error))
}
