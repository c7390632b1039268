//! Registering endpoints: method and paths come from ruma, the handler's type says the rest.
//!
//! Handlers are type-erased before axum sees them, so that its machinery is compiled once and not
//! once per endpoint.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, on};
use http::{HeaderValue, Method, header};
use ruma_common::api::IncomingRequest;
use ruma_common::api::path_builder::PathBuilder;

use crate::authenticate::Authenticate;
use crate::call::{Admitted, respond};
use crate::{ApiError, App, Call};

type Answer = Pin<Box<dyn Future<Output = Response> + Send>>;
type Handler = Arc<dyn Fn(App, Request) -> Answer + Send + Sync>;

/// The endpoints registered so far.
#[derive(Default)]
pub(crate) struct Routes {
    router: Router<App>,
    /// Method and path of each.
    pub(crate) endpoints: Vec<(Method, String)>,
}

impl Routes {
    /// Adds the endpoint that a handler's request type describes, under all of its paths.
    pub(crate) fn add<H, T, F>(self, handler: H) -> Self
    where
        H: Fn(App, Call<T>) -> F + Copy + Send + Sync + 'static,
        F: Future<Output = Result<T::OutgoingResponse, ApiError>> + Send + 'static,
        T: IncomingRequest + Send + 'static,
        T::Authentication: Authenticate,
        <T::Authentication as ruma_common::api::auth_scheme::AuthScheme>::Output: Send,
    {
        self.add_at(T::PATH_BUILDER.all_paths(), handler)
    }

    /// Adds an endpoint under these paths: for those that ruma's description leaves out.
    pub(crate) fn add_at<'a, H, T, F>(
        mut self,
        paths: impl IntoIterator<Item = &'a str>,
        handler: H,
    ) -> Self
    where
        H: Fn(App, Call<T>) -> F + Copy + Send + Sync + 'static,
        F: Future<Output = Result<T::OutgoingResponse, ApiError>> + Send + 'static,
        T: IncomingRequest + Send + 'static,
        T::Authentication: Authenticate,
        <T::Authentication as ruma_common::api::auth_scheme::AuthScheme>::Output: Send,
    {
        let erased: Handler = Arc::new(move |app, request| {
            Box::pin(async move {
                let admitted = match Admitted::read(&app, request).await {
                    Ok(admitted) => admitted,
                    Err(error) => return closing(error),
                };
                match admitted.parse() {
                    Ok(call) => respond(handler(app, call).await),
                    Err(error) => error.into_response(),
                }
            })
        });
        for path in paths {
            self = self.mount(path, &T::METHOD, Arc::clone(&erased));
        }
        self
    }

    /// Adds a handler that reads the request by hand: for bodies that are streamed.
    pub(crate) fn raw<H, F>(self, method: &Method, path: &str, handler: H) -> Self
    where
        H: Fn(App, Request) -> F + Copy + Send + Sync + 'static,
        F: Future<Output = Result<Response, ApiError>> + Send + 'static,
    {
        let erased: Handler = Arc::new(move |app, request| {
            Box::pin(async move { handler(app, request).await.unwrap_or_else(closing) })
        });
        self.mount(path, method, erased)
    }

    /// All endpoints, as a router.
    pub(crate) fn into_router(self) -> Router<App> {
        self.router.method_not_allowed_fallback(|| async {
            let mut error = ApiError::unrecognized();
            if let ApiError::Standard { status, .. } = &mut error {
                *status = http::StatusCode::METHOD_NOT_ALLOWED;
            }
            error
        })
    }

    fn mount(mut self, path: &str, method: &Method, handler: Handler) -> Self {
        let Ok(filter) = MethodFilter::try_from(method.clone()) else { return self };
        let run = move |State(app): State<App>, request: Request| handler(app, request);
        self.router = self.router.route(path, on(filter, run));
        self.endpoints.push((method.clone(), path.to_owned()));
        self
    }
}

/// A refusal before the body was read to its end: what is left of it stands between this answer
/// and the next request, so the connection ends here, and says so.
fn closing(error: ApiError) -> Response {
    let mut response = error.into_response();
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}
