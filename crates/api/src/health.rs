//! `GET /_chappe/health`: whether this node can serve people, for the proxy in front of it.

use axum::extract::State;
use http::StatusCode;

use crate::App;

/// 200 when the store answers, 503 when it is away: the proxy sends people to another node.
pub(crate) async fn handler(State(app): State<App>) -> (StatusCode, &'static str) {
    if app.sync.is_reachable().await {
        (StatusCode::OK, "well\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer\n")
    }
}
