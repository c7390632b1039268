//! `GET /_matrix/client/v3/account/3pid`: the addresses of a person's account.

use axum::extract::Request as HttpRequest;
use axum::response::Response as HttpResponse;
use ruma_client_api::account::get_3pids::v3::Request;
use serde_json::json;

use crate::call::Admitted;
use crate::{ApiError, App, answer};

/// Handles the call. The empty list is said, which ruma's type leaves out and clients look for.
pub(crate) async fn handler(app: App, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    Admitted::<Request>::read(&app, request).await?.parse()?;
    answer::json(&json!({ "threepids": [] }))
}
