//! `POST /_matrix/client/v4/sync`: what is new in the rooms that a device asks for, as MSC4186 was
//! accepted.
//!
//! `spec/proposals/4186-simplified-sliding-sync.md`, "API".

use std::sync::Arc;

use axum::extract;
use axum::response::Response;
use http::Method;
use ruma_client_api::sync::sync_events::v5::{Request as Known, Response as KnownResponse};
use ruma_common::UserId;
use ruma_common::api::auth_scheme::AccessToken;
use ruma_common::api::error::DeserializationError;
use ruma_common::api::path_builder::SinglePath;
use ruma_common::api::{IncomingRequest, Metadata};
use ruma_common::presence::PresenceState;
use serde::Deserialize;
use sync::{Detail, Form, List, Pattern, RequiredState, SlidingRequest};

use super::{Asked, AskedFilters, Sliding, When, answer};
use crate::authenticate::Caller;
use crate::{ApiError, App};

/// Handles the call.
pub(crate) async fn handler(app: App, request: extract::Request) -> Result<Response, ApiError> {
    answer::<Request>(app, request).await
}

/// The request.
#[derive(Deserialize)]
pub(crate) struct Request {
    #[serde(flatten)]
    when: When,
    #[serde(flatten)]
    asked: Asked<AskedList, AskedDetail>,
}

#[derive(Deserialize)]
struct AskedList {
    range: Option<(u64, u64)>,
    #[serde(default)]
    filters: AskedFilters,
    #[serde(flatten)]
    detail: AskedDetail,
}

#[derive(Deserialize)]
struct AskedDetail {
    timeline_limit: u64,
    required_state: AskedState,
}

#[derive(Deserialize)]
struct AskedState {
    #[serde(default)]
    include: Vec<AskedPattern>,
    #[serde(default)]
    exclude: Vec<AskedPattern>,
    #[serde(default)]
    lazy_members: bool,
}

#[derive(Deserialize)]
struct AskedPattern {
    #[serde(rename = "type")]
    kind: Option<String>,
    state_key: Option<String>,
}

impl Sliding for Request {
    fn presence(&self) -> Option<&PresenceState> {
        self.when.set_presence.as_ref()
    }

    fn asked(self, who: Caller) -> SlidingRequest {
        let questions = self.asked.questions((Form::Accepted, &who.user_id), list, detail);
        self.when.request(who, questions)
    }
}

fn list(asked: AskedList, user: &UserId) -> List {
    List {
        ranges: asked.range.map(|range| vec![range]),
        filters: asked.filters.into(),
        detail: detail(asked.detail, user),
    }
}

fn detail(AskedDetail { timeline_limit, required_state }: AskedDetail, _: &UserId) -> Detail {
    let patterns = |asked: Vec<AskedPattern>| {
        let pattern = |AskedPattern { kind, state_key }| Pattern { kind, key: state_key };
        asked.into_iter().map(pattern).collect()
    };
    let AskedState { include, exclude, lazy_members } = required_state;
    let (include, exclude) = (patterns(include), patterns(exclude));
    let required_state = Arc::new(RequiredState { include, exclude, lazy_members });
    Detail { timeline_limit, required_state }
}

impl Metadata for Request {
    const METHOD: Method = Method::POST;
    const RATE_LIMITED: bool = Known::RATE_LIMITED;
    type Authentication = AccessToken;
    type PathBuilder = SinglePath;
    const PATH_BUILDER: Self::PathBuilder = SinglePath::new("/_matrix/client/v4/sync");
}

impl IncomingRequest for Request {
    type EndpointError = <Known as IncomingRequest>::EndpointError;
    type OutgoingResponse = KnownResponse;

    fn try_from_http_request_inner(
        request: http::Request<&[u8]>,
        _: &[&str],
    ) -> Result<Self, DeserializationError> {
        Ok(serde_json::from_slice(request.body())?)
    }
}
