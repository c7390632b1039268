//! `GET /_matrix/client/v1/media/thumbnail/{serverName}/{mediaId}`: gives a picture, smaller.

use axum::extract::Request as HttpRequest;
use axum::response::Response as HttpResponse;
use js_int::UInt;
use media::{Fit, Size};
use ruma_client_api::authenticated_media::get_content_thumbnail::v1::Request;
use ruma_common::media::Method;

use super::content::{answer, id, wait};
use crate::call::Raw;
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let Call { request, .. } = Call::<Request>::receive(&app, Raw::split(request).await?.0).await?;
    let id = id(&app, &request.server_name, &request.media_id)?;
    let size = Size { width: pixels(request.width)?, height: pixels(request.height)? };
    let fit = match request.method {
        Some(Method::Crop) => Fit::Crop,
        Some(Method::Scale) | None => Fit::Scale,
        Some(_) => return Err(ApiError::invalid_param("method is neither crop nor scale")),
    };
    let thumbnail = app.media.thumbnail(&id, size, fit, wait(request.timeout_ms)).await?;
    answer(thumbnail)
}

fn pixels(wish: UInt) -> Result<u32, ApiError> {
    match u32::try_from(u64::from(wish)) {
        Ok(0) | Err(_) => Err(ApiError::invalid_param("width or height is out of range")),
        Ok(pixels) => Ok(pixels),
    }
}
