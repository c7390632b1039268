//! `POST /_synapse/admin/v1/send_server_notice`, `PUT …/{txn_id}`: the server says something to a
//! person.

use http::StatusCode;
use rooms::{MemberProfile, Notice, Transaction};
use ruma_common::OwnedEventId;
use ruma_common::api::error::ErrorKind;
use ruma_events::tag::TagInfo;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::admin::ask::{Ask, own_user};
use crate::client::invitee;
use crate::{ApiError, App};

/// The tag by which clients know the room.
const TAG: &str = "m.server_notice";

/// What, and to whom.
#[derive(Deserialize)]
struct Body {
    user_id: String,
    content: Value,
    r#type: Option<String>,
    state_key: Option<String>,
}

/// What became of it.
#[derive(Serialize)]
pub(crate) struct Answer {
    event_id: OwnedEventId,
}

/// Handles the call.
pub(crate) async fn handler(app: App, ask: Ask) -> Result<Answer, ApiError> {
    let Body { user_id, content, r#type: kind, state_key } = ask.body()?;
    let Some(notices) = &app.settings.notices else {
        let message = "the server has no name to speak in: notices.name is not configured";
        return Err(ApiError::new(StatusCode::BAD_REQUEST, ErrorKind::Unknown, message));
    };
    // The one thing that is said in clear in a private room is a message of the server.
    if kind.is_some_and(|kind| kind != "m.room.message") || state_key.is_some() {
        return Err(ApiError::invalid_param("the server speaks in messages only"));
    }
    let text = |field: &str| content.get(field).is_some_and(Value::is_string);
    if !text("msgtype") || !text("body") {
        return Err(ApiError::bad_json("a message has a msgtype and a body"));
    }
    let person = own_user(&app, &user_id)?;
    let profile = invitee(&app, &person).await?;
    let sender_profile = MemberProfile { name: Some(notices.name.clone()), avatar: None };
    let notice = Notice {
        sender: &notices.sender,
        sender_profile: &sender_profile,
        person: &person,
        profile: &profile,
        content,
        transaction: transaction(&ask),
    };
    let (room, event_id) = app.rooms.notify(&notice).await?;
    app.devices.set_tag(&person, &room, TAG, &TagInfo::new()).await?;
    Ok(Answer { event_id })
}

/// A request is named by who sends it, on which device, and how.
fn transaction(ask: &Ask) -> Option<Transaction> {
    let name = Some(ask.part(0)).filter(|name| !name.is_empty())?;
    let id = format!("{}/{name}", ask.who.user_id);
    Some(Transaction { device: ask.who.device_id.clone(), id })
}
