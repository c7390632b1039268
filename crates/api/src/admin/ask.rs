//! What an administrator asks, and the one way in: nothing below here can forget who may.

use std::future::Future;

use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{Method, StatusCode, header};
use ruma_common::api::auth_scheme::{AccessToken, AuthScheme};
use ruma_common::{OwnedRoomId, OwnedUserId, RoomId, UserId};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::admission::require_administrator;
use crate::authenticate::caller;
use crate::body::{self, Limits, require_strict_json};
use crate::call::{Raw, unauthenticated};
use crate::routes::Routes;
use crate::{ApiError, App, Caller};

/// Rows of a page, when nobody says.
const PAGE: u64 = 100;
/// Rows of a page at most.
const LONGEST_PAGE: u64 = 1000;

/// A request of somebody who administers the server.
pub(super) struct Ask {
    /// Who asks.
    pub(super) who: Caller,
    arguments: Vec<String>,
    query: String,
    body: Bytes,
}

/// An answer that says nothing but that it is done.
#[derive(Serialize)]
pub(crate) struct Done {}

/// What an endpoint answers.
pub(super) enum Told<T> {
    /// What is.
    It(T),
    /// What was made just now.
    Made(T),
}

impl Routes {
    /// Adds an endpoint for administrators: for everybody else it is forbidden, whatever they ask.
    pub(super) fn administer<H, F, T>(self, method: &Method, path: &str, handler: H) -> Self
    where
        H: Fn(App, Ask) -> F + Copy + Send + Sync + 'static,
        F: Future<Output = Result<T, ApiError>> + Send + 'static,
        T: Serialize + Send,
    {
        let handler = move |app, ask| async move { Ok(Told::It(handler(app, ask).await?)) };
        self.administer_making(method, path, handler)
    }

    /// The same, for an endpoint that may make something, and tells whether it did.
    pub(super) fn administer_making<H, F, T>(self, method: &Method, path: &str, handler: H) -> Self
    where
        H: Fn(App, Ask) -> F + Copy + Send + Sync + 'static,
        F: Future<Output = Result<Told<T>, ApiError>> + Send + 'static,
        T: Serialize + Send,
    {
        self.raw(method, &format!("/_synapse/admin/{path}"), move |app, request| async move {
            let ask = Ask::read(&app, request).await?;
            answer(handler(app, ask).await)
        })
    }
}

fn answer<T: Serialize>(told: Result<Told<T>, ApiError>) -> Result<Response, ApiError> {
    let (status, told) = match told {
        Ok(Told::It(told)) => (StatusCode::OK, told),
        Ok(Told::Made(told)) => (StatusCode::CREATED, told),
        // The body was read to its end: the connection can go on.
        Err(refusal) => return Ok(refusal.into_response()),
    };
    let text = serde_json::to_vec(&told).map_err(|error| ApiError::internal(&error))?;
    let response = Response::builder().status(status);
    let response = response.header(header::CONTENT_TYPE, "application/json");
    response.body(Body::from(text)).map_err(|error| ApiError::internal(&error))
}

impl Ask {
    /// Authenticates first, reads then: a stranger's body is not kept.
    async fn read(app: &App, request: Request) -> Result<Self, ApiError> {
        let (raw, body) = Raw::split(request).await?;
        let (heard, timeout) = (app.settings.request_bytes, app.settings.body_timeout);
        let who = match administrator(app, &raw).await {
            Ok(who) => who,
            Err(refusal) => {
                let _ = body::read(body, Limits { kept: 0, heard, timeout }).await;
                return Err(refusal);
            }
        };
        let body = body::read(body, Limits { kept: heard, heard, timeout }).await?;
        let query = raw.request.uri().query().unwrap_or_default().to_owned();
        Ok(Self { who, arguments: raw.arguments, query, body })
    }

    /// A part of the path that varies.
    pub(super) fn part(&self, index: usize) -> &str {
        self.arguments.get(index).map(String::as_str).unwrap_or_default()
    }

    /// The person whom the path names first: anybody's identifier of this server.
    pub(super) fn user(&self, app: &App) -> Result<OwnedUserId, ApiError> {
        own_user(app, self.part(0))
    }

    /// The room that the path names first.
    pub(super) fn room(&self) -> Result<OwnedRoomId, ApiError> {
        let text = self.part(0);
        RoomId::parse(text)
            .map_err(|_| ApiError::invalid_param(format!("{text:?} is not a room id")))
    }

    /// What the query says.
    pub(super) fn query<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        serde_html_form::from_str(&self.query)
            .map_err(|error| ApiError::invalid_param(error.to_string()))
    }

    /// What the body says; nothing is an empty object.
    pub(super) fn body<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        let body: &[u8] = if self.body.is_empty() { b"{}" } else { &self.body };
        require_strict_json(body)?;
        serde_json::from_slice(body).map_err(|error| ApiError::bad_json(error.to_string()))
    }
}

/// The administrator whose token it is. Requests without a good token are counted.
async fn administrator(app: &App, raw: &Raw) -> Result<Caller, ApiError> {
    let found = identify(app, raw).await;
    if found.is_err() {
        app.flood().count_stranger(raw.address.0, app.clock.now())?;
    }
    let who = found?;
    require_administrator(&who)?;
    Ok(who)
}

/// The person whose token it is.
async fn identify(app: &App, raw: &Raw) -> Result<Caller, ApiError> {
    let token = AccessToken::extract_authentication(&raw.request);
    let token = token.map_err(|error| unauthenticated(&*Box::from(error)))?;
    caller(app, &token).await
}

/// A person of this server, who need not have an account.
pub(super) fn own_user(app: &App, text: &str) -> Result<OwnedUserId, ApiError> {
    let user = UserId::parse(text)
        .map_err(|_| ApiError::invalid_param(format!("{text:?} is not a user id")))?;
    if user.server_name() == app.settings.server_name {
        return Ok(user);
    }
    Err(ApiError::invalid_param(format!("{user} does not belong to this server")))
}

/// Which rows of a list are asked for.
pub(super) fn page(from: Option<u64>, limit: Option<u64>) -> (usize, usize) {
    let limit = limit.unwrap_or(PAGE).min(LONGEST_PAGE);
    let whole = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    (whole(from.unwrap_or(0)), whole(limit))
}

/// Where the next page begins, if there is one.
pub(super) fn next((skip, _): (usize, usize), given: usize, total: usize) -> Option<usize> {
    let end = skip.saturating_add(given);
    (given > 0 && end < total).then_some(end)
}

/// Whether a list goes backwards (`dir`).
pub(super) fn is_backward(dir: Option<&str>) -> Result<bool, ApiError> {
    match dir {
        None | Some("f") => Ok(false),
        Some("b") => Ok(true),
        Some(other) => Err(ApiError::invalid_param(format!("dir is f or b, not {other:?}"))),
    }
}
