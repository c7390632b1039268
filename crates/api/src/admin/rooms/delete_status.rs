//! `GET /_synapse/admin/v2/rooms/delete_status/{delete_id}`: how far a removal is.

use super::removal::Status;
use crate::admin::ask::Ask;
use crate::{ApiError, App};

/// Handles the call.
pub(crate) async fn handler(app: App, ask: Ask) -> Result<Status, ApiError> {
    let status = app.rooms.purge_status(ask.part(0)).await?.filter(|status| status.of_room);
    Ok(status.ok_or_else(|| ApiError::not_found("there is no such removal"))?.into())
}
