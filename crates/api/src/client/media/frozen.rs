//! The downloads without a token: frozen, since nothing here was uploaded before the freeze.
//!
//! `GET /_matrix/media/v3/download/{serverName}/{mediaId}`, the same with a file name, and
//! `GET /_matrix/media/v3/thumbnail/{serverName}/{mediaId}` (specification, "Content repository",
//! "Client behaviour").

#![expect(deprecated, reason = "older clients still ask here")]

use ruma_client_api::media::{get_content, get_content_as_filename, get_content_thumbnail};

use crate::{ApiError, App, Call};

/// Handles a download.
pub(crate) async fn download(
    _: App,
    _: Call<get_content::v3::Request>,
) -> Result<get_content::v3::Response, ApiError> {
    Err(frozen())
}

/// Handles a download under a name.
pub(crate) async fn download_named(
    _: App,
    _: Call<get_content_as_filename::v3::Request>,
) -> Result<get_content_as_filename::v3::Response, ApiError> {
    Err(frozen())
}

/// Handles a thumbnail.
pub(crate) async fn thumbnail(
    _: App,
    _: Call<get_content_thumbnail::v3::Request>,
) -> Result<get_content_thumbnail::v3::Response, ApiError> {
    Err(frozen())
}

fn frozen() -> ApiError {
    ApiError::not_found("media is given to people with a session, under /_matrix/client/v1/media")
}
