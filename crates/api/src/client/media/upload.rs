//! `POST /_matrix/media/v3/upload`: stores content.

use axum::extract::Request as HttpRequest;
use axum::response::Response as HttpResponse;
use media::FileInfo;
use ruma_client_api::media::create_content::v3::{Request, Response};

use super::content::address;
use super::incoming::{pieces, refuse_if_announced_too_long};
use crate::call::{Raw, respond};
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let (head, body) = Raw::split(request).await?;
    let Call { request, who, .. } = Call::<Request>::receive(&app, head).await?;
    refuse_if_announced_too_long(&app, &body)?;
    let info = FileInfo { content_type: request.content_type, name: request.filename };
    let id = app.media.upload(&who.user_id, info, pieces(&app, body)).await?;
    Ok(respond(Ok(Response::new(address(&app, &id)))))
}
