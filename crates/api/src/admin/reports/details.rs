//! `GET /_synapse/admin/v1/event_reports/{report_id}`: one report.

use moderation::Subject;
use serde::Serialize;
use serde_json::value::RawValue;

use super::shown::{Shown, found, number, unknown};
use crate::admin::ask::Ask;
use crate::{ApiError, App};

/// A report, and what it is about.
#[derive(Serialize)]
pub(crate) struct Answer {
    #[serde(flatten)]
    report: Shown,
    /// The event; without its content, unless its room is open to everybody.
    event_json: Option<Box<RawValue>>,
}

/// Handles the call.
pub(crate) async fn handler(app: App, ask: Ask) -> Result<Answer, ApiError> {
    let report = app.moderation.report(number(&ask)?).await?.ok_or_else(unknown)?;
    let event = match &report.subject {
        Subject::Event { room, event } => {
            found(app.rooms.administered_event(room, event).await)?.flatten()
        }
        Subject::Room(_) | Subject::Person(_) => None,
    };
    let event_json = event.map(RawValue::from_string).transpose();
    let event_json = event_json.map_err(|error| ApiError::internal(&error))?;
    Ok(Answer { report: Shown::of(&app, report).await?, event_json })
}
