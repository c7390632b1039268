//! `GET /_matrix/client/v3/events/{eventId}`: one event, by its id alone.
//!
//! ruma has dropped this endpoint, so it is described here.

use ruma_common::api::IncomingRequest;
use ruma_common::api::auth_scheme::AccessToken;
use ruma_common::api::error::{DeserializationError, Error};
use ruma_common::serde::Raw;
use ruma_common::{EventId, OwnedEventId, metadata};

use super::{AnyEvent, Told};
use crate::client::room::ignored;
use crate::{ApiError, App, Call};

metadata! {
    method: GET,
    rate_limited: false,
    authentication: AccessToken,
    history: {
        1.0 => "/_matrix/client/r0/events/{event_id}",
        1.1 => "/_matrix/client/v3/events/{event_id}",
    }
}

/// What is asked.
pub(crate) struct Request {
    event_id: OwnedEventId,
}

impl IncomingRequest for Request {
    type EndpointError = Error;
    type OutgoingResponse = Told<AnyEvent>;

    fn try_from_http_request_inner(
        _: http::Request<&[u8]>,
        path_args: &[&str],
    ) -> Result<Self, DeserializationError> {
        let event_id = EventId::parse(path_args.first().copied().unwrap_or_default())?;
        Ok(Self { event_id })
    }
}

/// Handles the call. An event that the person may not see is as unknown as one that is not there.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Told<AnyEvent>, ApiError> {
    let Call { request: Request { event_id }, who, .. } = call;
    let found = app.rooms.find_event(&who.user_id, Some(who.device_id), &event_id).await?;
    let Some((viewer, event)) = found else {
        return Err(ApiError::not_found(format!("no event {event_id} is to be seen")));
    };
    let viewer = viewer.ignoring(ignored(&app, &who.user_id).await?);
    let event = Raw::from_json_string(viewer.client_json(&event).await?);
    event.map(Told).map_err(|error| ApiError::internal(&error))
}
