//! `GET /_matrix/client/v1/media/config`: how large uploads may be.

use js_int::UInt;
use ruma_client_api::authenticated_media::get_media_config::v1::{Request, Response};

use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, _: Call<Request>) -> Result<Response, ApiError> {
    Ok(Response::new(limit(&app)))
}

/// Bytes of an upload at most, as Matrix writes numbers.
pub(super) fn limit(app: &App) -> UInt {
    UInt::new_saturating(app.media.settings().upload_bytes)
}
