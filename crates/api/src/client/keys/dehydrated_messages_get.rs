//! `GET /_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device/{device_id}/events`:
//! messages for the device that is kept (MSC3814, as it is written now).

use axum::body::Body;
use axum::extract::Request as HttpRequest;
use axum::response::Response as HttpResponse;
use http::Method;
use http::header::CONTENT_TYPE;
use ruma_client_api::dehydrated_device::get_events::unstable::{Request as Posted, Response};
use ruma_common::OwnedDeviceId;
use ruma_common::api::error::DeserializationError;
use ruma_common::api::{IncomingRequest, Metadata};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::call::Admitted;
use crate::{ApiError, App};

/// The request: ruma knows the older form only, whose path and answer are the same.
pub(crate) struct Request {
    device_id: OwnedDeviceId,
    from: Option<String>,
}

/// The answer: ruma's has a token of `null` where this has none.
#[derive(Serialize)]
struct Answer {
    events: Vec<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_batch: Option<String>,
}

/// Handles the call. A token tells that there are more.
pub(crate) async fn handler(app: App, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let call = Admitted::<Request>::read(&app, request).await?.parse()?;
    let Request { device_id, from } = call.request;
    let user = &call.who.user_id;
    let found = app.devices.dehydrated_messages(user, &device_id, from.as_deref()).await?;
    let events = found.messages.into_iter().map(|message| message.event).collect();
    let answer = Answer { events, next_batch: found.more.then_some(found.next) };
    let text = serde_json::to_vec(&answer).map_err(|error| ApiError::internal(&error))?;
    HttpResponse::builder()
        .header(CONTENT_TYPE, "application/json")
        .body(Body::from(text))
        .map_err(|error| ApiError::internal(&error))
}

impl Metadata for Request {
    const METHOD: Method = Method::GET;
    const RATE_LIMITED: bool = Posted::RATE_LIMITED;
    type Authentication = <Posted as Metadata>::Authentication;
    type PathBuilder = <Posted as Metadata>::PathBuilder;
    const PATH_BUILDER: Self::PathBuilder = Posted::PATH_BUILDER;
}

impl IncomingRequest for Request {
    type EndpointError = <Posted as IncomingRequest>::EndpointError;
    type OutgoingResponse = Response;

    fn try_from_http_request_inner(
        request: http::Request<&[u8]>,
        path_args: &[&str],
    ) -> Result<Self, DeserializationError> {
        #[derive(Deserialize)]
        struct Query {
            from: Option<String>,
        }
        let query = request.uri().query().unwrap_or_default();
        let Query { from } = serde_html_form::from_str(query)?;
        let device_id = path_args.first().copied().unwrap_or_default().into();
        Ok(Self { device_id, from })
    }
}
