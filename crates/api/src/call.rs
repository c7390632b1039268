//! A parsed and authenticated request, and how one is made of raw HTTP.

use std::net::{IpAddr, Ipv4Addr};

use axum::RequestPartsExt;
use axum::body::Body;
use axum::extract::{RawPathParams, Request};
use axum::response::{IntoResponse, Response};
use bytes::{Bytes, BytesMut};
use http::request::Parts;
use http::{Method, StatusCode};
use ruma_common::api::auth_scheme::AuthScheme;
use ruma_common::api::error::{ErrorKind, FromHttpRequestError};
use ruma_common::api::{
    IncomingRequest, IncomingRequestExt, OutgoingResponse, OutgoingResponseExt,
};

use crate::authenticate::{Authenticate, ClientAddress};
use crate::body::{self, require_strict_json};
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
}

impl<T: IncomingRequest> Call<T>
where
    T::Authentication: Authenticate,
{
    /// Authenticates and parses a request, in this order: a stranger learns nothing of the parser.
    pub(crate) async fn receive(app: &App, raw: Raw) -> Result<Self, ApiError> {
        let Raw { request, arguments, address } = raw;
        let credentials = T::Authentication::extract_authentication(&request);
        let credentials = credentials.map_err(|error| unauthenticated(&*error.into()))?;
        let who = T::Authentication::authenticate(app, credentials).await?;
        if request.method() != Method::GET {
            require_strict_json(request.body())?;
        }
        let asked = Asked::by(&request, address);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let (parts, body) = request.into_parts();
        let request = http::Request::from_parts(parts, &*body);
        let request = T::try_from_http_request(request, &arguments);
        Ok(Self { request: request.map_err(malformed)?, who, address, asked })
    }
}

/// A request as it came, read whole.
pub(crate) struct Raw {
    request: http::Request<Bytes>,
    arguments: Vec<String>,
    address: ClientAddress,
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

    /// Reads a request whole, within the server's limits.
    pub(crate) async fn read(app: &App, request: Request) -> Result<Self, ApiError> {
        let (mut parts, body) = request.into_parts();
        let arguments = path_arguments(&mut parts).await?;
        let address = address(&parts);
        let limits = &app.settings;
        let mut body = body::read(body, limits.request_bytes, limits.body_timeout).await?;
        // Clients of old send nothing where an empty object is meant.
        if body.is_empty() && parts.method != Method::GET {
            body = Bytes::from_static(b"{}");
        }
        Ok(Self { request: http::Request::from_parts(parts, body), arguments, address })
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

async fn path_arguments(parts: &mut Parts) -> Result<Vec<String>, ApiError> {
    let arguments = parts.extract::<RawPathParams>().await;
    let arguments = arguments.map_err(|error| ApiError::invalid_param(error.body_text()))?;
    Ok(arguments.iter().map(|(_, value)| value.to_owned()).collect())
}

fn unauthenticated(error: &(dyn std::error::Error + Send + Sync)) -> ApiError {
    ApiError::new(StatusCode::UNAUTHORIZED, ErrorKind::MissingToken, error.to_string())
}

fn malformed(error: FromHttpRequestError) -> ApiError {
    match error {
        FromHttpRequestError::MethodMismatch { .. } => ApiError::unrecognized(),
        FromHttpRequestError::Deserialization(error) => ApiError::malformed(&error),
        error => ApiError::bad_json(error.to_string()),
    }
}
