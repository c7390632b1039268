//! `GET /_matrix/client/v3/events`: what is new, as one list; with a room, what is said there, also
//! to who is not in it and may read it.
//!
//! ruma knows the second form only, so the endpoint is described here.

use std::time::Duration;

use rooms::TimelineToken;
use ruma_common::OwnedRoomId;
use ruma_common::api::IncomingRequest;
use ruma_common::api::auth_scheme::AccessToken;
use ruma_common::api::error::{DeserializationError, Error};
use ruma_common::metadata;
use serde::{Deserialize, Serialize};
use sync::{PeekRequest, StreamRequest};

use super::{AnyEvent, Told, raw};
use crate::{ApiError, App, Call};

metadata! {
    method: GET,
    rate_limited: false,
    authentication: AccessToken,
    history: {
        1.0 => "/_matrix/client/r0/events",
        1.1 => "/_matrix/client/v3/events",
    }
}

/// What is asked.
#[derive(Deserialize)]
pub(crate) struct Request {
    /// From where on; from now, when not given.
    from: Option<String>,
    /// Only of this room.
    room_id: Option<OwnedRoomId>,
    /// How long to wait, in milliseconds.
    #[serde(default, with = "ruma_common::serde::duration::opt_ms")]
    timeout: Option<Duration>,
}

impl IncomingRequest for Request {
    type EndpointError = Error;
    type OutgoingResponse = Told<Part>;

    fn try_from_http_request_inner(
        request: http::Request<&[u8]>,
        _: &[&str],
    ) -> Result<Self, DeserializationError> {
        Ok(serde_html_form::from_str(request.uri().query().unwrap_or_default())?)
    }
}

/// A part of what happens.
#[derive(Serialize)]
pub(crate) struct Part {
    start: String,
    end: String,
    chunk: Vec<AnyEvent>,
}

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Told<Part>, ApiError> {
    let Request { from, room_id, timeout } = call.request;
    let (user, device) = (call.who.user_id, call.who.device_id);
    let timeout = timeout.unwrap_or_default();
    let Some(room) = room_id else {
        let from = from.map(|from| from.parse()).transpose()?;
        let stream = app.sync.stream(StreamRequest { user, device, from, timeout }).await?;
        let (start, end) = (stream.start.to_string(), stream.end.to_string());
        return Ok(Told(Part { start, end, chunk: raw(stream.chunk)? }));
    };
    let from = from.map(|from| from.parse::<TimelineToken>()).transpose();
    let from = from.map_err(|error| ApiError::invalid_param(error.to_string()))?;
    let peek = app.sync.peek(PeekRequest { user, device, room, from, timeout }).await?;
    let (start, end) = (peek.start.to_string(), peek.end.to_string());
    Ok(Told(Part { start, end, chunk: raw(peek.events)? }))
}
