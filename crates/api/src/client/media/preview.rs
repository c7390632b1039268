//! `GET /_matrix/client/v1/media/preview_url`: what a page of the outside says of itself.

use ruma_client_api::authenticated_media::get_media_preview::v1::{Request, Response};

use super::previewed::previewed;
use crate::{ApiError, App, Call};

/// Handles the call. `ts` asks for a page as it once was: pages are shown as they are.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let preview = previewed(&app, &call.who, &call.request.url).await?;
    Response::from_serialize(&preview).map_err(|error| ApiError::internal(&error))
}
