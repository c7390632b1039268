//! Sliding sync, in the form that was accepted and in the one that was deployed before.
//!
//! What both forms say in the same way is read here. ruma knows the deployed form only, and not
//! all of its filters, so both are read by types of ours. The answer is written as JSON around
//! stored events, and not made through ruma's type either.

pub(super) mod accepted;
pub(super) mod deployed;

use std::collections::BTreeMap;
use std::time::Duration;

use axum::body::Body;
use axum::extract;
use axum::response::Response;
use http::header::CONTENT_TYPE;
use ruma_common::api::IncomingRequest;
use ruma_common::api::auth_scheme::{AccessToken, AuthScheme};
use ruma_common::presence::PresenceState;
use ruma_common::{OwnedRoomId, UserId};
use serde::Deserialize;
use sync::{Detail, Extensions, Filters, Form, List, Questions, Scope, SlidingRequest, ToDevice};

use crate::authenticate::Caller;
use crate::call::Admitted;
use crate::client::presence;
use crate::{ApiError, App, Call, authenticate};

/// A request in either form.
trait Sliding: IncomingRequest<Authentication = AccessToken> + Send {
    /// Whether asking shows the person to be there.
    fn presence(&self) -> Option<&PresenceState>;

    /// What it asks, for who asks it.
    fn asked(self, who: Caller) -> SlidingRequest;
}

/// Answers a request in either form.
async fn answer<T: Sliding>(app: App, request: extract::Request) -> Result<Response, ApiError> {
    let token = AccessToken::extract_authentication(&request);
    let Call { request, who, .. } = Admitted::<T>::read(&app, request).await?.parse()?;
    let shown = request.presence().unwrap_or(&PresenceState::Online);
    let connected = app.presence.connect(&who.user_id, &who.device_id, presence::state(shown)?);
    let answer = app.sync.slide(request.asked(who)).await?;
    drop(connected);
    // A session that ended while its sync waited is told nothing more.
    if let Ok(token) = token {
        authenticate::require_still(&app, &token).await?;
    }
    Response::builder()
        .header(CONTENT_TYPE, "application/json")
        .body(Body::from(answer.to_string()))
        .map_err(|error| ApiError::internal(&error))
}

/// What is said in the same way, where the forms say it: rules and state are of the form.
#[derive(Deserialize)]
struct Asked<L, D> {
    #[serde(default)]
    conn_id: String,
    txn_id: Option<String>,
    #[serde(default = "BTreeMap::new")]
    lists: BTreeMap<String, L>,
    #[serde(default = "BTreeMap::new")]
    room_subscriptions: BTreeMap<OwnedRoomId, D>,
    #[serde(default)]
    extensions: AskedExtensions,
}

/// A position, how long to wait, and whether that shows the person to be there.
#[derive(Deserialize)]
struct When {
    pos: Option<String>,
    timeout: Option<u64>,
    set_presence: Option<PresenceState>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct AskedFilters {
    is_dm: Option<bool>,
    spaces: Option<Vec<OwnedRoomId>>,
    is_encrypted: Option<bool>,
    is_invited: Option<bool>,
    is_invite: Option<bool>,
    room_types: Option<Vec<Option<String>>>,
    not_room_types: Option<Vec<Option<String>>>,
    tags: Option<Vec<String>>,
    not_tags: Option<Vec<String>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct AskedExtensions {
    to_device: Option<AskedToDevice>,
    e2ee: Option<Switch>,
    account_data: Option<AskedScope>,
    receipts: Option<AskedScope>,
    typing: Option<AskedScope>,
}

#[derive(Deserialize)]
struct Switch {
    enabled: Option<bool>,
}

#[derive(Deserialize)]
struct AskedToDevice {
    enabled: Option<bool>,
    limit: Option<u64>,
    since: Option<String>,
}

#[derive(Deserialize)]
struct AskedScope {
    enabled: Option<bool>,
    lists: Option<Vec<String>>,
    rooms: Option<Vec<String>>,
}

impl<L, D> Asked<L, D> {
    fn questions(
        self,
        (form, user): (Form, &UserId),
        list: impl Fn(L, &UserId) -> List,
        detail: impl Fn(D, &UserId) -> Detail,
    ) -> Questions {
        let lists = self.lists.into_iter();
        let subscriptions = self.room_subscriptions.into_iter();
        Questions {
            form,
            connection: self.conn_id,
            transaction: self.txn_id,
            lists: lists.map(|(name, one)| (name, list(one, user))).collect(),
            subscriptions: subscriptions.map(|(room, one)| (room, detail(one, user))).collect(),
            extensions: self.extensions.into(),
        }
    }
}

impl When {
    fn request(self, who: Caller, questions: Questions) -> SlidingRequest {
        SlidingRequest {
            user: who.user_id,
            device: who.device_id,
            pos: self.pos,
            timeout: Duration::from_millis(self.timeout.unwrap_or(0)),
            questions,
        }
    }
}

impl From<AskedFilters> for Filters {
    fn from(asked: AskedFilters) -> Self {
        Self {
            is_dm: asked.is_dm,
            spaces: asked.spaces,
            is_encrypted: asked.is_encrypted,
            is_invited: asked.is_invited.or(asked.is_invite),
            room_types: asked.room_types,
            not_room_types: asked.not_room_types,
            tags: asked.tags,
            not_tags: asked.not_tags,
        }
    }
}

impl From<AskedExtensions> for Extensions {
    fn from(asked: AskedExtensions) -> Self {
        let on = |enabled: Option<bool>| enabled.unwrap_or(false);
        let scope = |scope: Option<AskedScope>| {
            scope
                .filter(|scope| on(scope.enabled))
                .map(|AskedScope { lists, rooms, .. }| Scope { lists, rooms })
        };
        let to_device = asked.to_device.filter(|to_device| on(to_device.enabled));
        Self {
            to_device: to_device
                .map(|AskedToDevice { limit, since, .. }| ToDevice { limit, since }),
            e2ee: asked.e2ee.is_some_and(|e2ee| on(e2ee.enabled)),
            account_data: scope(asked.account_data),
            receipts: scope(asked.receipts),
            typing: scope(asked.typing),
        }
    }
}
