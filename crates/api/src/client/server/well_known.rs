//! `GET /.well-known/matrix/client`: where clients reach this server.

use ruma_client_api::discovery::discover_homeserver::{HomeserverInfo, Request, Response};

use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, _: Call<Request>) -> Result<Response, ApiError> {
    Ok(Response::new(HomeserverInfo::new(app.settings.public_url.clone())))
}
