//! `POST /_matrix/client/v3/account/3pid`: adds an address that an identity server proved. Deprecated.
//!
//! `spec/data/api/client-server/administrative_contact.yaml`. ruma has no type for it.

use axum::extract::Request as HttpRequest;
use axum::response::Response as HttpResponse;
use ruma_client_api::account::bind_3pid::v3::Request;
use ruma_common::{OwnedClientSecret, OwnedSessionId};
use serde::Deserialize;

use super::address::require_server;
use super::unproven;
use crate::call::Raw;
use crate::{ApiError, App, body};

#[derive(Deserialize)]
struct Asked {
    three_pid_creds: Credentials,
}

#[derive(Deserialize)]
struct Credentials {
    #[serde(rename = "client_secret")]
    _client_secret: OwnedClientSecret,
    id_server: String,
    /// Clients of old have none.
    #[serde(rename = "id_access_token")]
    _id_access_token: Option<String>,
    #[serde(rename = "sid")]
    _sid: OwnedSessionId,
}

/// Handles the call. It does what `bind` does, so whoever may ask that may ask this.
pub(crate) async fn handler(app: App, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let (head, bytes) = Raw::split(request).await?;
    head.authenticate::<Request>(&app).await?;
    let asked: Asked = body::read_json(&app, bytes).await?;
    require_server(&asked.three_pid_creds.id_server)?;
    Err(unproven())
}
