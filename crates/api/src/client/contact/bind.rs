//! `POST /_matrix/client/v3/account/3pid/bind`: has an identity server tell others an address.

use http::StatusCode;
use ruma_client_api::account::bind_3pid::v3::{Request, Response};
use ruma_common::api::error::ErrorKind;

use super::address::require_server;
use crate::{ApiError, App, Call};

/// Handles the call. Who is where is told to no identity server.
pub(crate) async fn handler(_: App, call: Call<Request>) -> Result<Response, ApiError> {
    require_server(&call.request.identity_server_info.id_server)?;
    let message = "this server tells no identity server who is where";
    Err(ApiError::new(StatusCode::BAD_REQUEST, ErrorKind::ServerNotTrusted, message))
}
