//! `GET /_matrix/federation/v1/openid/userinfo`: who handed a token to a third party, which asks.
//!
//! `spec/data/api/server-server/openid.yaml`. Of the federation API this alone is for anybody. The
//! token is in the query, as the specification has it, and stays out of the log as every query does.

use axum::extract::Request;
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;

use crate::call::address;
use crate::{ApiError, App, answer};

/// Its path.
pub(super) const PATH: &str = "/_matrix/federation/v1/openid/userinfo";

#[derive(Deserialize)]
struct Query {
    access_token: String,
}

/// Handles the call.
pub(crate) async fn handler(app: App, request: Request) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    app.flood().count_stranger(address(&parts).0, app.clock.now())?;
    let query = parts.uri.query().unwrap_or_default();
    let query = serde_html_form::from_str::<Query>(query);
    let Query { access_token } =
        query.map_err(|_| ApiError::missing_param("access_token is missing"))?;
    let user = app.accounts.openid_user(&access_token).await?;
    answer::json(&json!({ "sub": user }))
}
