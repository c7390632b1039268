//! `POST /_synapse/admin/v1/register`: opens an account for who holds the operator's secret.
//!
//! What `register_new_matrix_user` and its like ask, of any server that calls itself compatible.

use accounts::{Kind, NewSession, RefreshTokens, SignedRegistration};
use axum::extract::Request;
use axum::response::Response;
use base::secret::Secret;
use serde::Deserialize;
use serde_json::json;

use crate::call::address;
use crate::{ApiError, App, answer, body};

#[derive(Deserialize)]
struct Asked {
    nonce: String,
    username: String,
    displayname: Option<String>,
    password: String,
    #[serde(default)]
    admin: bool,
    user_type: Option<String>,
    mac: String,
}

/// Handles the call.
pub(crate) async fn handler(app: App, request: Request) -> Result<Response, ApiError> {
    let (parts, bytes) = request.into_parts();
    app.accounts.count_registration(address(&parts).0)?;
    let asked: Asked = body::read_json(&app, bytes).await?;
    let user = app
        .accounts
        .register_by_secret(SignedRegistration {
            nonce: &asked.nonce,
            localpart: &asked.username,
            password: &Secret::new(asked.password),
            name: asked.displayname.as_deref(),
            kind: if asked.admin { Kind::Administrator } else { Kind::Person },
            user_type: asked.user_type.as_deref(),
            mac: &asked.mac,
        })
        .await?;
    let refresh_tokens = RefreshTokens::Unsupported;
    let new = NewSession { device_id: None, name: None, refresh_tokens };
    let session = app.accounts.begin_session(&user, new).await?;
    answer::json(&json!({
        "user_id": user,
        "device_id": session.device_id,
        "access_token": session.tokens.access.expose(),
        "home_server": app.settings.server_name,
    }))
}
