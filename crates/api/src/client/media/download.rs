//! `GET /_matrix/client/v1/media/download/{serverName}/{mediaId}`: gives content.

use axum::extract::Request as HttpRequest;
use axum::response::Response as HttpResponse;
use ruma_client_api::authenticated_media::get_content::v1::Request;

use super::content::{answer, id, wait};
use crate::call::Raw;
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let Call { request, .. } = Call::<Request>::receive(&app, Raw::split(request).await?.0).await?;
    let id = id(&app, &request.server_name, &request.media_id)?;
    let download = app.media.download(&id, wait(request.timeout_ms)).await?;
    answer(download)
}
