//! `POST /_matrix/client/unstable/org.matrix.simplified_msc3575/sync`: what is new in the rooms that
//! a device asks for, as clients were deployed with it.
//!
//! `spec/proposals/4186-simplified-sliding-sync.md`, "Changelog" of the experimental form.

use std::sync::Arc;

use axum::extract;
use axum::response::Response;
use http::Method;
use ruma_client_api::sync::sync_events::v5::{Request as Known, Response as KnownResponse};
use ruma_common::UserId;
use ruma_common::api::auth_scheme::AccessToken;
use ruma_common::api::error::DeserializationError;
use ruma_common::api::{IncomingRequest, Metadata};
use ruma_common::presence::PresenceState;
use serde::Deserialize;
use sync::{Detail, Form, List, RequiredState, SlidingRequest};

use super::{Asked, AskedFilters, Sliding, When, answer};
use crate::authenticate::Caller;
use crate::{ApiError, App};

/// Handles the call.
pub(crate) async fn handler(app: App, request: extract::Request) -> Result<Response, ApiError> {
    answer::<Request>(app, request).await
}

/// The request.
pub(crate) struct Request {
    when: When,
    asked: Asked<AskedList, AskedDetail>,
}

#[derive(Deserialize)]
struct AskedList {
    ranges: Option<Vec<(u64, u64)>>,
    filters: Option<AskedFilters>,
    #[serde(flatten)]
    detail: AskedDetail,
}

#[derive(Deserialize)]
struct AskedDetail {
    timeline_limit: u64,
    #[serde(default)]
    required_state: Vec<(String, String)>,
}

impl Sliding for Request {
    fn presence(&self) -> Option<&PresenceState> {
        self.when.set_presence.as_ref()
    }

    fn asked(self, who: Caller) -> SlidingRequest {
        let questions = self.asked.questions((Form::Deployed, &who.user_id), list, detail);
        self.when.request(who, questions)
    }
}

fn list(asked: AskedList, user: &UserId) -> List {
    List {
        ranges: asked.ranges,
        filters: asked.filters.unwrap_or_default().into(),
        detail: detail(asked.detail, user),
    }
}

fn detail(AskedDetail { timeline_limit, required_state }: AskedDetail, user: &UserId) -> Detail {
    let required_state = Arc::new(RequiredState::from_pairs(required_state, user));
    Detail { timeline_limit, required_state }
}

impl Metadata for Request {
    const METHOD: Method = Known::METHOD;
    const RATE_LIMITED: bool = Known::RATE_LIMITED;
    type Authentication = AccessToken;
    type PathBuilder = <Known as Metadata>::PathBuilder;
    const PATH_BUILDER: Self::PathBuilder = Known::PATH_BUILDER;
}

impl IncomingRequest for Request {
    type EndpointError = <Known as IncomingRequest>::EndpointError;
    type OutgoingResponse = KnownResponse;

    fn try_from_http_request_inner(
        request: http::Request<&[u8]>,
        _: &[&str],
    ) -> Result<Self, DeserializationError> {
        let when = serde_html_form::from_str(request.uri().query().unwrap_or_default())?;
        let asked = serde_json::from_slice(request.body())?;
        Ok(Self { when, asked })
    }
}
