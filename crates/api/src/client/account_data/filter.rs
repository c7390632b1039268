//! `GET /_matrix/client/v3/user/{userId}/filter/{filterId}`: a filter that was kept.
//!
//! It is told as it was said: ruma's type leaves some of it out.

use axum::extract::Request as HttpRequest;
use axum::response::Response as HttpResponse;
use ruma_client_api::filter::get_filter::v3::Request;

use super::require_own;
use crate::call::Admitted;
use crate::{ApiError, App, answer};

/// Handles the call.
pub(crate) async fn handler(app: App, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let call = Admitted::<Request>::read(&app, request).await?.parse()?;
    let Request { user_id, filter_id, .. } = call.request;
    require_own(&call.who, &user_id)?;
    let filter = app.devices.filter(&user_id, &filter_id).await?;
    answer::json(&filter.ok_or_else(|| ApiError::not_found("no such filter"))?)
}
