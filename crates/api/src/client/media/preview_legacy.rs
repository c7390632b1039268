//! `GET /_matrix/media/v3/preview_url`: the same as [`super::preview`], where older clients ask.

#![expect(deprecated, reason = "older clients still ask here")]

use ruma_client_api::media::get_media_preview::v3::{Request, Response};

use super::previewed::previewed;
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let preview = previewed(&app, &call.who, &call.request.url).await?;
    Response::from_serialize(&preview).map_err(|error| ApiError::internal(&error))
}
