//! `GET /_synapse/admin/v1/purge_history_status/{purge_id}`: how far a purge is.

use serde::Serialize;

use crate::admin::ask::Ask;
use crate::{ApiError, App};

/// How far.
#[derive(Serialize)]
pub(crate) struct Answer {
    status: &'static str,
}

/// Handles the call.
pub(crate) async fn handler(app: App, ask: Ask) -> Result<Answer, ApiError> {
    let status = app.rooms.purge_status(ask.part(0)).await?.filter(|status| !status.of_room);
    let status = status.ok_or_else(|| ApiError::not_found("there is no such purge"))?;
    Ok(Answer { status: if status.done { "complete" } else { "active" } })
}
