//! `GET /_matrix/media/v3/config`: how large uploads may be, for older clients.

#![expect(deprecated, reason = "older clients still ask here")]

use ruma_client_api::media::get_media_config::v3::{Request, Response};

use super::config::limit;
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, _: Call<Request>) -> Result<Response, ApiError> {
    Ok(Response::new(limit(&app)))
}
