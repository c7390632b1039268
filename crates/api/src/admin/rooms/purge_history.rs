//! `POST /_synapse/admin/v1/purge_history/{room_id}`: takes away what was said in a room before a
//! time, or before an event.

use base::clock::Timestamp;
use base::number::TimelineOrd;
use ruma_common::{EventId, RoomId};
use serde::{Deserialize, Serialize};

use super::removal::not_found;
use crate::admin::ask::Ask;
use crate::admin::work;
use crate::{ApiError, App};

/// Before what.
#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    delete_local_events: bool,
    purge_up_to_event_id: Option<String>,
    purge_up_to_ts: Option<u64>,
}

/// By which its end is asked for.
#[derive(Serialize)]
pub(crate) struct Answer {
    purge_id: String,
}

/// Handles the call.
pub(crate) async fn handler(app: App, ask: Ask) -> Result<Answer, ApiError> {
    let (room, body): (_, Body) = (ask.room()?, ask.body()?);
    if !body.delete_local_events {
        let message = "every event here was sent on this server: nothing would go without \
            delete_local_events";
        return Err(ApiError::invalid_param(message));
    }
    let of_path = Some(ask.part(1)).filter(|part| !part.is_empty()).map(str::to_owned);
    let event = of_path.or(body.purge_up_to_event_id);
    let before = place(&app, &room, event, body.purge_up_to_ts).await?;
    let purge_id = app.rooms.purge_history(&room, before).await?;
    work::start(&app, purge_id.clone());
    Ok(Answer { purge_id })
}

async fn place(
    app: &App,
    room: &RoomId,
    event: Option<String>,
    time: Option<u64>,
) -> Result<TimelineOrd, ApiError> {
    let room = app.rooms.room(room).await.map_err(not_found)?;
    match (event, time) {
        (Some(event), _) => {
            let id = EventId::parse(&event);
            let id =
                id.map_err(|_| ApiError::invalid_param(format!("{event:?} is no event id")))?;
            let found = app.rooms.event_in(room.no, &id).await?;
            let found = found.ok_or_else(|| ApiError::not_found("the event is not in the room"))?;
            Ok(found.ord)
        }
        (None, Some(time)) => Ok(app.rooms.place_of_time(&room, Timestamp(time)).await?),
        (None, None) => {
            let message = "purge_up_to_event_id or purge_up_to_ts is missing";
            Err(ApiError::missing_param(message))
        }
    }
}
