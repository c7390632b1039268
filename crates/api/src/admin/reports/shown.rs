//! A report as answers show it.

use moderation::{Report, ReportNo, Subject};
use rooms::RoomError;
use ruma_common::{OwnedEventId, OwnedRoomAliasId, OwnedRoomId, OwnedUserId};
use serde::Serialize;

use crate::admin::ask::Ask;
use crate::{ApiError, App};

/// A report. One of a room has no event, one of a person neither event nor room.
#[derive(Serialize)]
pub(crate) struct Shown {
    id: ReportNo,
    received_ts: u64,
    user_id: OwnedUserId,
    reason: Option<String>,
    room_id: Option<OwnedRoomId>,
    event_id: Option<OwnedEventId>,
    /// Who sent the event, or is reported.
    sender: Option<OwnedUserId>,
    name: Option<String>,
    canonical_alias: Option<OwnedRoomAliasId>,
    score: Option<i64>,
}

impl Shown {
    /// A report, with what is known of its subject.
    pub(super) async fn of(app: &App, report: Report) -> Result<Self, ApiError> {
        let (room_id, event_id, mut sender) = match report.subject {
            Subject::Event { room, event } => (Some(room), Some(event), None),
            Subject::Room(room) => (Some(room), None, None),
            Subject::Person(person) => (None, None, Some(person)),
        };
        let (mut name, mut canonical_alias) = (None, None);
        // What is reported need not be there, or not any more.
        if let Some(id) = &room_id
            && let Some(room) = found(app.rooms.room(id).await)?
        {
            let summary = room.summary();
            (name, canonical_alias) = (summary.name, summary.canonical_alias);
            if let Some(event_id) = &event_id {
                let event = app.rooms.event_in(room.no, event_id).await?;
                sender = event.map(|event| event.sender().to_owned());
            }
        }
        Ok(Self {
            id: report.no,
            received_ts: report.at.0,
            user_id: report.reporter,
            reason: report.reason,
            room_id,
            event_id,
            sender,
            name,
            canonical_alias,
            score: None,
        })
    }
}

/// What is there.
pub(super) fn found<T>(found: Result<T, RoomError>) -> Result<Option<T>, ApiError> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(RoomError::UnknownRoom(_) | RoomError::Deleted(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The report that the path names.
pub(super) fn number(ask: &Ask) -> Result<ReportNo, ApiError> {
    let number = ask.part(0).parse();
    number.map_err(|_| ApiError::invalid_param("the number of a report is a number"))
}

/// There is no such report.
pub(super) fn unknown() -> ApiError {
    ApiError::not_found("there is no such report")
}
