//! `POST /_matrix/client/v3/createRoom`: makes a room.

use http::StatusCode;
use rooms::{Direct, MemberProfile, NewRoom, Preset, RoomError, StateInput};
use ruma_client_api::room::Visibility;
use ruma_client_api::room::create_room::v3::{Request, Response, RoomPreset};
use ruma_common::api::error::ErrorKind;
use ruma_common::serde::Raw;
use ruma_common::{OwnedRoomAliasId, OwnedUserId, RoomAliasId, UserId};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::people;
use super::third_party::{self, Found};
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let user = &call.who.user_id;
    let mut request = call.request;
    // What an identity server refuses is refused before there is a room.
    let mut waiting = Vec::new();
    let invited = std::mem::take(&mut request.invite_3pid);
    invited.iter().try_for_each(|invited| third_party::require_asked(&app, invited))?;
    for invited in invited {
        match third_party::look_up(&app, &invited).await? {
            Found::Person(user) => request.invite.push(user),
            Found::Nobody => waiting.push(invited),
        }
    }
    let new = new_room(&app, user, request).await?;
    let profile = people::profile(&app, user).await?;
    let created = app.rooms.create(user, &profile, new).await.map_err(refused)?;
    for invited in &waiting {
        third_party::store(&app, user, &created, invited).await?;
    }
    Ok(Response::new(created))
}

/// What the rules refuse of a room that its own creator describes is a mistake in the description.
fn refused(error: RoomError) -> ApiError {
    match error {
        RoomError::Forbidden(message) => {
            ApiError::new(StatusCode::BAD_REQUEST, ErrorKind::InvalidRoomState, message)
        }
        error => error.into(),
    }
}

async fn new_room(app: &App, user: &UserId, request: Request) -> Result<NewRoom, ApiError> {
    let listed = request.visibility == Visibility::Public;
    let alias = request.room_alias_name.map(|name| alias(app, &name)).transpose()?;
    let mut creation_content = object(request.creation_content)?.unwrap_or_default();
    // The server says these; where a version has no `creator`, nobody does.
    creation_content.remove("creator");
    creation_content.remove("room_version");
    Ok(NewRoom {
        version: request.room_version,
        preset: preset(request.preset.as_ref(), listed)?,
        listed,
        name: request.name,
        topic: request.topic,
        alias,
        invite: invited(app, user, request.invite).await?,
        direct: if request.is_direct { Direct::Yes } else { Direct::No },
        creation_content,
        initial_state: request.initial_state.iter().map(state).collect::<Result<_, _>>()?,
        power_levels: object(request.power_level_content_override)?,
    })
}

fn preset(asked: Option<&RoomPreset>, listed: bool) -> Result<Preset, ApiError> {
    match asked {
        Some(RoomPreset::PrivateChat) => Ok(Preset::Private),
        Some(RoomPreset::TrustedPrivateChat) => Ok(Preset::TrustedPrivate),
        Some(RoomPreset::PublicChat) => Ok(Preset::Public),
        Some(other) => Err(ApiError::invalid_param(format!("there is no preset {other}"))),
        None if listed => Ok(Preset::Public),
        None => Ok(Preset::Private),
    }
}

fn alias(app: &App, name: &str) -> Result<OwnedRoomAliasId, ApiError> {
    let invalid = || ApiError::invalid_param(format!("{name:?} is not the local part of an alias"));
    if name.is_empty() || name.contains(':') {
        return Err(invalid());
    }
    let alias = RoomAliasId::parse(format!("#{name}:{}", app.settings.server_name));
    alias.map_err(|_| invalid())
}

/// Each person once, with what they show.
async fn invited(
    app: &App,
    user: &UserId,
    mut people: Vec<OwnedUserId>,
) -> Result<Vec<(OwnedUserId, MemberProfile)>, ApiError> {
    people.sort_unstable();
    people.dedup();
    people.retain(|person| person != user);
    let mut invited = Vec::with_capacity(people.len());
    for person in people {
        let profile = people::invitee(app, &person).await?;
        invited.push((person, profile));
    }
    Ok(invited)
}

fn object<T>(raw: Option<Raw<T>>) -> Result<Option<Map<String, Value>>, ApiError> {
    let read = |raw: Raw<T>| serde_json::from_str(raw.json().get());
    raw.map(read).transpose().map_err(|error| ApiError::bad_json(error.to_string()))
}

fn state<T>(raw: &Raw<T>) -> Result<StateInput, ApiError> {
    #[derive(Deserialize)]
    struct Initial {
        r#type: String,
        #[serde(default)]
        state_key: String,
        content: Map<String, Value>,
    }
    let initial: Initial = serde_json::from_str(raw.json().get())
        .map_err(|error| ApiError::bad_json(format!("initial_state: {error}")))?;
    let Initial { r#type: kind, state_key, content } = initial;
    Ok(StateInput { kind, state_key, content: Value::Object(content) })
}
