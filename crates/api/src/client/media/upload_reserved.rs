//! `PUT /_matrix/media/v3/upload/{serverName}/{mediaId}`: stores content at its reserved address.

use axum::extract::Request as HttpRequest;
use axum::response::{IntoResponse, Response as HttpResponse};
use http::header::CONTENT_TYPE;
use media::FileInfo;
use ruma_client_api::media::create_content_async::v3::Request;

use super::content::id;
use super::incoming::{pieces, refuse_if_announced_too_long};
use crate::call::Raw;
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let (head, body) = Raw::split(request).await?;
    let Call { request, who, .. } = Call::<Request>::receive(&app, head).await?;
    let id = id(&app, &request.server_name, &request.media_id)?;
    refuse_if_announced_too_long(&app, &body)?;
    let info = FileInfo { content_type: request.content_type, name: request.filename };
    app.media.upload_reserved(&who.user_id, id, info, pieces(&app, body)).await?;
    // An empty object, which ruma lets nobody else make.
    Ok(([(CONTENT_TYPE, "application/json")], "{}").into_response())
}
