//! The whole of HTTP: API, web client, and what holds for every request.

use std::time::Duration;

use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base::random;
use http::{HeaderName, HeaderValue, Method, header};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::{Any, CorsLayer};
use tracing::Instrument;

use crate::linger::lingering;
use crate::routes::{Endpoint, Routes};
use crate::{ApiError, App, admin, client, health, web};

/// The id of a request, in answers and in the log.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Everything that this server answers over HTTP.
pub fn router(app: App) -> Router {
    routes()
        .into_router()
        .route("/_chappe/health", get(health::handler))
        .fallback(fallback)
        .layer(cors())
        .layer(CatchPanicLayer::custom(|_| {
            ApiError::internal(&"a handler panicked").into_response()
        }))
        .layer(from_fn(trace))
        .with_state(app)
}

fn routes() -> Routes {
    admin::routes(client::routes())
}

/// Every endpoint that [`router`] answers: for tests that leave none out.
pub fn endpoints() -> Vec<Endpoint> {
    routes().endpoints
}

/// Any page may call the API: what protects people is their token (specification, "Web browser
/// clients").
fn cors() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            HeaderName::from_static("x-requested-with"),
        ])
        .expose_headers([REQUEST_ID])
        .max_age(Duration::from_hours(24))
}

/// What no endpoint answers: the web client, or the specification's error.
async fn fallback(request: Request) -> Response {
    let path = request.uri().path();
    if ["/_matrix/", "/_synapse/", "/.well-known/"].iter().any(|api| path.starts_with(api)) {
        return ApiError::unrecognized().into_response();
    }
    web::serve(request.method(), path, request.headers())
}

/// A span for each request. The path logged is the endpoint's pattern: real paths name people.
async fn trace(request: Request, next: Next) -> Response {
    let id = random::base32::<12>();
    let path = request.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str);
    let span = tracing::info_span!("request", id, method = %request.method(), path);
    let start = tokio::time::Instant::now();
    let record = async {
        let mut response = next.run(request.map(lingering)).await;
        let duration_ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::debug!(status = response.status().as_u16(), duration_ms, "answered");
        let headers = response.headers_mut();
        if let Ok(value) = HeaderValue::from_str(&id) {
            headers.insert(REQUEST_ID, value);
        }
        // Answers are for who asked, unless their endpoint says otherwise.
        headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
        let nosniff = HeaderValue::from_static("nosniff");
        headers.entry(header::X_CONTENT_TYPE_OPTIONS).or_insert(nosniff);
        response
    };
    record.instrument(span.clone()).await
}
