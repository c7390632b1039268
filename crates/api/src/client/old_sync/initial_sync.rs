//! `GET /_matrix/client/v3/initialSync`: everything, for a client that begins.
//!
//! ruma has dropped this endpoint, so it is described here.

use js_int::UInt;
use rooms::TimelineToken;
use ruma_client_api::room::Visibility;
use ruma_common::api::IncomingRequest;
use ruma_common::api::auth_scheme::AccessToken;
use ruma_common::api::error::{DeserializationError, Error};
use ruma_common::{OwnedRoomId, OwnedUserId, metadata};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sync::{Answer, Choice, State, SyncRequest, Timeline};

use super::{AnyEvent, Told, raw};
use crate::{ApiError, App, Call};

metadata! {
    method: GET,
    rate_limited: false,
    authentication: AccessToken,
    history: {
        1.0 => "/_matrix/client/r0/initialSync",
        1.1 => "/_matrix/client/v3/initialSync",
    }
}

/// What is asked.
#[derive(Deserialize)]
pub(crate) struct Request {
    /// Events of each room at most.
    limit: Option<UInt>,
    /// Also rooms that were left.
    #[serde(default)]
    archived: bool,
}

impl IncomingRequest for Request {
    type EndpointError = Error;
    type OutgoingResponse = Told<Everything>;

    fn try_from_http_request_inner(
        request: http::Request<&[u8]>,
        _: &[&str],
    ) -> Result<Self, DeserializationError> {
        Ok(serde_html_form::from_str(request.uri().query().unwrap_or_default())?)
    }
}

/// Everything.
#[derive(Serialize)]
pub(crate) struct Everything {
    /// Where `/events` goes on.
    end: String,
    /// Who is there.
    presence: Vec<AnyEvent>,
    /// The person's rooms.
    rooms: Vec<RoomInfo>,
    /// Account data that belongs to no room.
    account_data: Vec<AnyEvent>,
}

/// A room.
#[derive(Default, Serialize)]
pub(crate) struct RoomInfo {
    #[serde(skip_serializing_if = "Option::is_none")]
    account_data: Option<Vec<AnyEvent>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    invite: Option<AnyEvent>,
    membership: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    messages: Option<Messages>,
    room_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<Vec<AnyEvent>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    visibility: Option<Visibility>,
}

/// The newest events of a room.
#[derive(Default, Serialize)]
pub(crate) struct Messages {
    chunk: Vec<AnyEvent>,
    end: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<String>,
}

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Told<Everything>, ApiError> {
    let Request { limit, archived } = call.request;
    let user = call.who.user_id;
    let mut filter = json!({ "room": { "include_leave": archived, "timeline": {} } });
    if let (Some(limit), Some(timeline)) = (limit, filter.pointer_mut("/room/timeline")) {
        *timeline = json!({ "limit": limit });
    }
    let request = SyncRequest {
        user: user.clone(),
        device: call.who.device_id,
        since: None,
        filter: Choice::Inline(filter.to_string()),
        full_state: true,
        use_state_after: true,
        timeout: std::time::Duration::ZERO,
    };
    let mut answer = app.sync.sync(request).await?;
    let (presence, account_data) =
        (std::mem::take(&mut answer.presence), std::mem::take(&mut answer.account_data));
    Ok(Told(Everything {
        end: answer.next_batch.unacknowledging().to_string(),
        presence: raw(presence)?,
        account_data: raw(account_data)?,
        rooms: rooms(&app, &user, answer).await?,
    }))
}

async fn rooms(app: &App, user: &OwnedUserId, answer: Answer) -> Result<Vec<RoomInfo>, ApiError> {
    let end = TimelineToken::At(answer.next_batch.position).to_string();
    let mut rooms = Vec::new();
    for (id, room) in answer.join {
        let said = (room.state, room.timeline, room.account_data);
        rooms.push(info(app, user, id, said, &end).await?);
    }
    for (id, room) in answer.leave {
        let said = (room.state, room.timeline, room.account_data);
        rooms.push(info(app, user, id, said, &end).await?);
    }
    for id in answer.invite.into_keys() {
        let invite = app.sync.own_membership(user, &id).await?;
        let invite = raw(invite.into_iter().collect())?.pop();
        let (membership, room_id) = ("invite".to_owned(), id.to_string());
        rooms.push(RoomInfo { invite, membership, room_id, ..RoomInfo::default() });
    }
    Ok(rooms)
}

async fn info(
    app: &App,
    user: &OwnedUserId,
    id: OwnedRoomId,
    (state, timeline, account_data): (State, Timeline, Vec<String>),
    end: &str,
) -> Result<RoomInfo, ApiError> {
    let membership = app.rooms.room(&id).await?.current().membership(user);
    let listed = app.rooms.is_listed(&id).await?;
    let (State::Before(state) | State::After(state)) = state;
    Ok(RoomInfo {
        account_data: Some(raw(account_data)?),
        invite: None,
        membership: membership.as_str().to_owned(),
        messages: Some(Messages {
            chunk: raw(timeline.events)?,
            end: end.to_owned(),
            start: timeline.prev_batch.map(|token| token.to_string()),
        }),
        room_id: id.to_string(),
        state: Some(raw(state)?),
        visibility: Some(if listed { Visibility::Public } else { Visibility::Private }),
    })
}
