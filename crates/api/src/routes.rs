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
use ruma_common::api::path_builder::PathBuilder;
use ruma_common::api::{IncomingRequest, Metadata};

use crate::authenticate::Authenticate;
use crate::call::{Admitted, Fields, respond, respond_without_nulls};
use crate::{ApiError, App, Call};

type Answer = Pin<Box<dyn Future<Output = Response> + Send>>;
type Handler = Arc<dyn Fn(App, Request) -> Answer + Send + Sync>;

/// An endpoint, as the router knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Its method.
    pub method: Method,
    /// Its path, `{name}` standing for a part that varies.
    pub path: String,
    /// The full name of the function that handles it, which tells the file.
    pub handler: &'static str,
}

/// The endpoints registered so far.
#[derive(Default)]
pub(crate) struct Routes {
    router: Router<App>,
    pub(crate) endpoints: Vec<Endpoint>,
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
        self,
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
        let erased = erased(handler, &[], respond::<T::OutgoingResponse>);
        self.mount_all::<H>(&T::METHOD, paths, &erased)
    }

    /// As [`Self::add`], for requests in which the specification lets be left out what ruma asks
    /// for: these fields, with these values as JSON, are then filled in.
    pub(crate) fn add_filling<H, T, F>(self, handler: H, fields: Fields) -> Self
    where
        H: Fn(App, Call<T>) -> F + Copy + Send + Sync + 'static,
        F: Future<Output = Result<T::OutgoingResponse, ApiError>> + Send + 'static,
        T: IncomingRequest + Send + 'static,
        T::Authentication: Authenticate,
        <T::Authentication as ruma_common::api::auth_scheme::AuthScheme>::Output: Send,
    {
        let erased = erased(handler, fields, respond::<T::OutgoingResponse>);
        self.mount_all::<H>(&T::METHOD, T::PATH_BUILDER.all_paths(), &erased)
    }

    /// As [`Self::add`], for answers in which ruma writes `null` where the specification leaves a
    /// field out.
    pub(crate) fn add_without_nulls<H, T, F>(self, handler: H) -> Self
    where
        H: Fn(App, Call<T>) -> F + Copy + Send + Sync + 'static,
        F: Future<Output = Result<T::OutgoingResponse, ApiError>> + Send + 'static,
        T: IncomingRequest + Send + 'static,
        T::Authentication: Authenticate,
        <T::Authentication as ruma_common::api::auth_scheme::AuthScheme>::Output: Send,
    {
        let erased = erased(handler, &[], respond_without_nulls::<T::OutgoingResponse>);
        self.mount_all::<H>(&T::METHOD, T::PATH_BUILDER.all_paths(), &erased)
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
        self.mount(endpoint::<H>(method, path), erased)
    }

    /// The same, under all paths of the endpoint that `T` describes: for answers that are not made
    /// through ruma's type.
    pub(crate) fn add_raw<T, H, F>(self, handler: H) -> Self
    where
        T: Metadata,
        H: Fn(App, Request) -> F + Copy + Send + Sync + 'static,
        F: Future<Output = Result<Response, ApiError>> + Send + 'static,
    {
        T::PATH_BUILDER.all_paths().fold(self, |routes, path| routes.raw(&T::METHOD, path, handler))
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

    fn mount_all<'a, H>(
        self,
        method: &Method,
        paths: impl IntoIterator<Item = &'a str>,
        handler: &Handler,
    ) -> Self {
        let mount =
            |routes: Self, path| routes.mount(endpoint::<H>(method, path), Arc::clone(handler));
        paths.into_iter().fold(self, mount)
    }

    fn mount(mut self, endpoint: Endpoint, handler: Handler) -> Self {
        let Ok(filter) = MethodFilter::try_from(endpoint.method.clone()) else { return self };
        let run = move |State(app): State<App>, request: Request| handler(app, request);
        self.router = self.router.route(&endpoint.path, on(filter, run));
        self.endpoints.push(endpoint);
        self
    }
}

/// A handler of which only what it does is known; `fields` are filled in, and `answer` gives what
/// it says its HTTP form.
fn erased<H, T, F>(
    handler: H,
    fields: Fields,
    answer: fn(Result<T::OutgoingResponse, ApiError>) -> Response,
) -> Handler
where
    H: Fn(App, Call<T>) -> F + Copy + Send + Sync + 'static,
    F: Future<Output = Result<T::OutgoingResponse, ApiError>> + Send + 'static,
    T: IncomingRequest + Send + 'static,
    T::Authentication: Authenticate,
    <T::Authentication as ruma_common::api::auth_scheme::AuthScheme>::Output: Send,
{
    Arc::new(move |app, request| {
        Box::pin(async move {
            let admitted = match Admitted::read(&app, request).await {
                Ok(admitted) => admitted,
                Err(error) => return closing(error),
            };
            match admitted.filled(fields).parse() {
                Ok(call) => answer(handler(app, call).await),
                Err(error) => error.into_response(),
            }
        })
    })
}

fn endpoint<H>(method: &Method, path: &str) -> Endpoint {
    // A handler that was wrapped stands among the wrapper's parameters.
    let name = std::any::type_name::<H>();
    let mut parts = name.split(['<', '>', ',', ' ']);
    let handler = parts.find(|part| part.ends_with("::handler")).unwrap_or(name);
    Endpoint { method: method.clone(), path: path.to_owned(), handler }
}

/// A refusal before the body was read to its end: what is left of it stands between this answer
/// and the next request, so the connection ends here, and says so.
fn closing(error: ApiError) -> Response {
    let mut response = error.into_response();
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}
