//! `GET /_synapse/admin/v1/register`: a nonce for one registration by the shared secret.

use axum::extract::Request;
use axum::response::Response;
use serde_json::json;

use crate::call::address;
use crate::{ApiError, App, answer};

/// Handles the call.
pub(crate) async fn handler(app: App, request: Request) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    app.accounts.count_registration(address(&parts).0)?;
    answer::json(&json!({ "nonce": app.accounts.registration_nonce().await? }))
}
