//! The sync of old, and its window into rooms that one is not in.
//!
//! Deprecated since the first release of the specification, and asked by clients that stayed behind;
//! `/events` with a room and a room's `initialSync` show rooms that everybody may read to people who
//! are not in them. All of it is answered from what `/sync` and rooms are made of.
//!
//! `spec/data/api/client-server/old_sync.yaml`, `peeking_events.yaml`, `room_initial_sync.yaml`.

mod event;
mod events;
mod initial_sync;
mod room_initial_sync;

use http::Response;
use ruma_client_api::authenticated_media::get_media_preview::v1::Response as AnyJson;
use ruma_common::api::OutgoingResponse;
use ruma_common::api::error::IntoHttpError;
use ruma_common::serde::Raw;
use serde::Serialize;
use serde_json::Value;

use crate::ApiError;
use crate::routes::Routes;

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .add(events::handler)
        .add(initial_sync::handler)
        .add(event::handler)
        .add(room_initial_sync::handler)
}

/// Texts of events, as an answer carries them.
fn raw<T>(texts: Vec<String>) -> Result<Vec<Raw<T>>, ApiError> {
    let raw = texts.into_iter().map(Raw::from_json_string).collect::<Result<_, _>>();
    raw.map_err(|error| ApiError::internal(&error))
}

/// An answer that ruma has no type for; one of its types is nothing but JSON.
pub(crate) struct Told<T>(T);

impl<T: Serialize> OutgoingResponse for Told<T> {
    type Body = <AnyJson as OutgoingResponse>::Body;

    fn try_into_http_response_inner(self) -> Result<Response<Self::Body>, IntoHttpError> {
        AnyJson::from_serialize(&self.0)?.try_into_http_response_inner()
    }
}

/// An event of any kind.
type AnyEvent = Raw<Value>;
