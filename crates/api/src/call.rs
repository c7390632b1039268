//! A parsed and authenticated request, and how one is made of raw HTTP.

use std::net::{IpAddr, Ipv4Addr};

use axum::RequestPartsExt;
use axum::body::Body;
use axum::extract::{RawPathParams, Request};
use axum::response::{IntoResponse, Response};
use bytes::{Bytes, BytesMut};
use http::request::Parts;
use http::{Method, StatusCode, header};
use ruma_common::api::auth_scheme::AuthScheme;
use ruma_common::api::error::{ErrorKind, FromHttpRequestError};
use ruma_common::api::{
    IncomingRequest, IncomingRequestExt, OutgoingResponse, OutgoingResponseExt,
};

use crate::activity;
use crate::admission::{Operation, admit};
use serde_json::Value;

use crate::authenticate::{Authenticate, ClientAddress};
use crate::body::{self, STRANGERS_BYTES, require_strict_json};
use crate::confirm::Asked;
use crate::{ApiError, App};

/// A request of one endpoint, and who asks.
pub(crate) struct Call<T: IncomingRequest>
where
    T::Authentication: Authenticate,
{
    /// What is asked.
    pub(crate) request: T,
    /// Who asks.
    pub(crate) who: <T::Authentication as Authenticate>::Identity,
    /// Where from.
    pub(crate) address: ClientAddress,
    /// What a confirmation of it is bound to.
    pub(crate) asked: Asked,
    /// The query as it came: for what ruma's types leave out. See [`Self::said`].
    query: String,
    /// The body as it came, likewise.
    pub(crate) body: Bytes,
}

impl<T: IncomingRequest> Call<T>
where
    T::Authentication: Authenticate,
{
    /// What the query says under a name, first.
    pub(crate) fn said(&self, name: &str) -> Option<String> {
        let pairs: Vec<(String, String)> = serde_html_form::from_str(&self.query).ok()?;
        pairs.into_iter().find_map(|(said, value)| (said == name).then_some(value))
    }

    /// Authenticates and parses a request, in this order: a stranger learns nothing of the parser.
    pub(crate) async fn receive(app: &App, raw: Raw) -> Result<Self, ApiError> {
        let who = raw.authenticate::<T>(app).await?;
        Admitted { raw, who }.parse()
    }
}

/// Names and JSON of fields of a request.
pub(crate) type Fields = &'static [(&'static str, &'static str)];

/// A request read whole, of somebody who may ask it; not parsed yet.
pub(crate) struct Admitted<T: IncomingRequest>
where
    T::Authentication: Authenticate,
{
    raw: Raw,
    who: <T::Authentication as Authenticate>::Identity,
}

impl<T: IncomingRequest> Admitted<T>
where
    T::Authentication: Authenticate,
{
    /// Reads a request within the server's limits. Nothing is kept for who shows no good token
    /// where one is needed, and little for strangers elsewhere: they can be any number.
    pub(crate) async fn read(app: &App, request: Request) -> Result<Self, ApiError> {
        let (mut raw, body) = Raw::split(request).await?;
        let (heard, timeout) = (app.settings.request_bytes, app.settings.body_timeout);
        let limits = |kept| body::Limits { kept, heard, timeout };
        let who = match raw.authenticate::<T>(app).await {
            Ok(who) => who,
            Err(refusal) => {
                // Who still speaks does not listen, whatever comes of it.
                let _ = body::read(body, limits(0)).await;
                return Err(refusal);
            }
        };
        let known = T::Authentication::caller(&who).is_some();
        let kept = if known { heard } else { heard.min(STRANGERS_BYTES) };
        let body = body::read(body, limits(kept)).await?;
        // Clients of old send nothing where an empty object is meant.
        if !body.is_empty() {
            *raw.request.body_mut() = body;
        }
        Ok(Self { raw, who })
    }

    /// The same with these fields where the body leaves them out. What is no strict JSON is left as
    /// it is, to be refused.
    pub(crate) fn filled(mut self, fields: Fields) -> Self {
        if fields.is_empty() || require_strict_json(self.raw.request.body()).is_err() {
            return self;
        }
        if let Ok(Value::Object(mut body)) = serde_json::from_slice(self.raw.request.body()) {
            for (name, value) in fields {
                let value = || serde_json::from_str(value).unwrap_or_default();
                body.entry(*name).or_insert_with(value);
            }
            *self.raw.request.body_mut() = Value::Object(body).to_string().into();
        }
        self
    }

    /// Parses the request as its endpoint takes it.
    pub(crate) fn parse(self) -> Result<Call<T>, ApiError> {
        let Self { raw: Raw { request, arguments, address }, who } = self;
        if request.method() != Method::GET {
            require_strict_json(request.body())?;
        }
        let asked = Asked::by(&request, address);
        let query = request.uri().query().unwrap_or_default().to_owned();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let (parts, body) = request.into_parts();
        let request = http::Request::from_parts(parts, &*body);
        let request = T::try_from_http_request(request, &arguments);
        Ok(Call { request: request.map_err(malformed)?, who, address, asked, query, body })
    }
}

/// A request as it came.
pub(crate) struct Raw {
    pub(crate) request: http::Request<Bytes>,
    pub(crate) arguments: Vec<String>,
    pub(crate) address: ClientAddress,
}

impl Raw {
    /// Takes a request apart whose body is no JSON and is read elsewhere, as it comes.
    pub(crate) async fn split(request: Request) -> Result<(Self, Body), ApiError> {
        let (mut parts, body) = request.into_parts();
        let arguments = path_arguments(&mut parts).await?;
        let address = address(&parts);
        let request = http::Request::from_parts(parts, Bytes::from_static(b"{}"));
        Ok((Self { request, arguments, address }, body))
    }

    /// Who asks, when they may ask this and did not ask it too often.
    pub(crate) async fn authenticate<T: IncomingRequest>(
        &self,
        app: &App,
    ) -> Result<<T::Authentication as Authenticate>::Identity, ApiError>
    where
        T::Authentication: Authenticate,
    {
        let operation = Operation::of::<T>();
        let (address, now) = (self.address.0, app.clock.now());
        let found = self.identify::<T>(app, &operation).await;
        let caller = found.as_ref().ok().and_then(T::Authentication::caller);
        let Some(caller) = caller else {
            app.flood().count_stranger(address, now)?;
            return found;
        };
        admit(app, &operation, caller, &self.arguments).await?;
        app.flood().count(&operation, (&caller.user_id, address), now)?;
        activity::note(app, &operation, caller);
        found
    }

    /// Who asks, by what the request carries.
    async fn identify<T: IncomingRequest>(
        &self,
        app: &App,
        operation: &Operation,
    ) -> Result<<T::Authentication as Authenticate>::Identity, ApiError>
    where
        T::Authentication: Authenticate,
    {
        operation.require_header(self.request.headers())?;
        let credentials = T::Authentication::extract_authentication(&self.request);
        let credentials = credentials.map_err(|error| unauthenticated(&*error.into()))?;
        T::Authentication::authenticate(app, credentials).await
    }
}

/// The address that the listener found, for handlers that read requests by hand.
pub(crate) fn address(parts: &Parts) -> ClientAddress {
    let unknown = ClientAddress(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    parts.extensions.get::<ClientAddress>().copied().unwrap_or(unknown)
}

/// The answer in its HTTP form.
pub(crate) fn respond<R: OutgoingResponse>(answer: Result<R, ApiError>) -> Response {
    let bytes = answer.and_then(|answer| {
        answer.try_into_http_response::<BytesMut>().map_err(|error| ApiError::internal(&error))
    });
    match bytes {
        Ok(response) => response.map(|bytes| Body::from(bytes.freeze())),
        Err(error) => error.into_response(),
    }
}

/// The same without what is `null` in it: a field that is not there is left out.
pub(crate) fn respond_without_nulls<R: OutgoingResponse>(answer: Result<R, ApiError>) -> Response {
    let bytes = answer.and_then(|answer| {
        let response = answer.try_into_http_response::<BytesMut>();
        let (mut parts, bytes) = response.map_err(|error| ApiError::internal(&error))?.into_parts();
        let mut body =
            serde_json::from_slice(&bytes).map_err(|error| ApiError::internal(&error))?;
        leave_out_nulls(&mut body);
        parts.headers.remove(header::CONTENT_LENGTH);
        Ok(http::Response::from_parts(parts, Body::from(body.to_string())))
    });
    bytes.unwrap_or_else(IntoResponse::into_response)
}

fn leave_out_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, value| !value.is_null());
            fields.values_mut().for_each(leave_out_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(leave_out_nulls),
        _ => {}
    }
}

async fn path_arguments(parts: &mut Parts) -> Result<Vec<String>, ApiError> {
    let arguments = parts.extract::<RawPathParams>().await;
    let arguments = arguments.map_err(|error| ApiError::invalid_param(error.body_text()))?;
    Ok(arguments.iter().map(|(_, value)| value.to_owned()).collect())
}

pub(crate) fn unauthenticated(error: &(dyn std::error::Error + Send + Sync)) -> ApiError {
    ApiError::new(StatusCode::UNAUTHORIZED, ErrorKind::MissingToken, error.to_string())
}

fn malformed(error: FromHttpRequestError) -> ApiError {
    match error {
        FromHttpRequestError::MethodMismatch { .. } => ApiError::unrecognized(),
        FromHttpRequestError::Deserialization(error) => ApiError::malformed(&error),
        error => ApiError::bad_json(error.to_string()),
    }
}
