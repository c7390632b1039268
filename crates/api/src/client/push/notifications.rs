//! `GET /_matrix/client/v3/notifications`: what notified the person, newest first.

use attention::{Notification, NotificationQuery, Only};
use js_int::UInt;
use ruma_client_api::push::get_notifications::v3::{self as wire, Request, Response};
use ruma_common::MilliSecondsSinceUnixEpoch;
use ruma_common::serde::Raw;

use crate::{ApiError, App, Call};

/// How many are told when the client does not say.
const USUAL: usize = 20;

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let Request { from, limit, only, .. } = call.request;
    let only = match only.as_deref() {
        Some("highlight") => Only::Highlights,
        _ => Only::All,
    };
    let limit = limit.map_or(USUAL, |limit| usize::try_from(u64::from(limit)).unwrap_or(USUAL));
    let query = NotificationQuery { from, limit, only };
    let who = (&*call.who.user_id, call.who.device_id.clone());
    let page = app.attention.notifications(who, &query).await?;
    let shown: Result<_, _> = page.notifications.into_iter().map(shown).collect();
    let mut response = Response::new(shown?);
    response.next_token = page.next;
    Ok(response)
}

fn shown(notification: Notification) -> Result<wire::Notification, ApiError> {
    let Notification { room_id, event, actions, read, at } = notification;
    let event = Raw::from_json_string(event).map_err(|error| ApiError::internal(&error))?;
    let at = MilliSecondsSinceUnixEpoch(UInt::new_saturating(at.0));
    Ok(wire::Notification::new(actions, event, read, room_id, at))
}
