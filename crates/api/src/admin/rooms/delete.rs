//! `DELETE /_synapse/admin/v2/rooms/{room_id}`: removes a room, in its own time.

use serde::Serialize;

use super::removal;
use crate::admin::ask::Ask;
use crate::admin::work;
use crate::{ApiError, App};

/// By which its end is asked for.
#[derive(Serialize)]
pub(crate) struct Answer {
    delete_id: String,
}

/// Handles the call. A room that is not there is blocked at once.
pub(crate) async fn handler(app: App, ask: Ask) -> Result<Answer, ApiError> {
    let delete_id = removal::begin(&app, &ask).await?.unwrap_or_default();
    work::start(&app, delete_id.clone());
    Ok(Answer { delete_id })
}
