//! The one error of the API, and its only translation to the wire.
//!
//! What went wrong inside is logged once, here, and never shown; a client gets the
//! specification's `errcode`, the status, and a sentence.

mod accounts;
mod attention;
mod delivery;
mod devices;
mod media;
mod moderation;
mod presence;
mod previews;
mod rate;
mod rooms;
mod search;
mod sync;

use std::fmt::Display;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::BytesMut;
use http::{HeaderValue, StatusCode, header};
use ruma_client_api::uiaa::{UiaaInfo, UiaaResponse};
use ruma_common::api::OutgoingResponseExt;
use ruma_common::api::error::{
    DeserializationError, Error, ErrorBody, ErrorKind, StandardErrorBody,
};
use store::StoreError;
use vault::VaultError;

/// Why a request was not done.
#[derive(Debug)]
pub(crate) enum ApiError {
    /// A plain refusal.
    Standard {
        /// HTTP status.
        status: StatusCode,
        /// `errcode`, with what belongs to it.
        kind: Box<ErrorKind>,
        /// One sentence.
        message: String,
    },
    /// The person must prove again who they are (user-interactive authentication).
    Uiaa(Box<UiaaInfo>),
}

impl ApiError {
    pub(crate) fn new(status: StatusCode, kind: ErrorKind, message: impl Into<String>) -> Self {
        Self::Standard { status, kind: Box::new(kind), message: message.into() }
    }

    pub(crate) fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, ErrorKind::Forbidden, message)
    }

    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, ErrorKind::NotFound, message)
    }

    pub(crate) fn bad_json(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, ErrorKind::BadJson, message)
    }

    pub(crate) fn not_json(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, ErrorKind::NotJson, message)
    }

    pub(crate) fn invalid_param(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, ErrorKind::InvalidParam, message)
    }

    pub(crate) fn missing_param(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, ErrorKind::MissingParam, message)
    }

    pub(crate) fn too_large(message: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, ErrorKind::TooLarge, message)
    }

    /// No such endpoint.
    pub(crate) fn unrecognized() -> Self {
        Self::new(StatusCode::NOT_FOUND, ErrorKind::Unrecognized, "no such endpoint")
    }

    /// Our own fault: logged in full, shown as a bare failure.
    pub(crate) fn internal(error: &dyn Display) -> Self {
        tracing::error!(%error, "request failed");
        let message = "the server failed; its log says more";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, ErrorKind::Unknown, message)
    }

    /// The store failed, or is away: then the same request may succeed soon.
    pub(crate) fn of_store(error: &StoreError) -> Self {
        match error {
            StoreError::Unavailable { .. } | StoreError::Closed => {
                tracing::warn!(%error, "request not done");
                let message = "the server cannot reach its store; try again soon";
                Self::new(StatusCode::SERVICE_UNAVAILABLE, ErrorKind::Unknown, message)
            }
            error => Self::internal(error),
        }
    }

    /// As [`Self::of_store`], for the keyring.
    pub(crate) fn of_vault(error: &VaultError) -> Self {
        match error {
            VaultError::Store(error) => Self::of_store(error),
            error => Self::internal(error),
        }
    }

    /// A request that does not parse as what its endpoint takes. It is JSON: that was seen before.
    pub(crate) fn malformed(error: &DeserializationError) -> Self {
        match error {
            DeserializationError::Json(error) => Self::bad_json(error.to_string()),
            DeserializationError::Query(error)
                if error.to_string().starts_with("missing field") =>
            {
                Self::missing_param(error.to_string())
            }
            other => Self::invalid_param(other.to_string()),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let response = match self {
            Self::Standard { status, kind, message } => {
                let body = ErrorBody::Standard(StandardErrorBody::new(*kind, message));
                Error::new(status, body).try_into_http_response::<BytesMut>()
            }
            Self::Uiaa(info) => {
                UiaaResponse::AuthResponse(*info).try_into_http_response::<BytesMut>()
            }
        };
        let wait = HeaderValue::from_static("1");
        match response {
            Ok(mut response) if response.status() == StatusCode::SERVICE_UNAVAILABLE => {
                response.headers_mut().insert(header::RETRY_AFTER, wait);
                response.map(|bytes| Body::from(bytes.freeze()))
            }
            Ok(response) => response.map(|bytes| Body::from(bytes.freeze())),
            Err(error) => {
                tracing::error!(%error, "error does not serialise");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }
}
