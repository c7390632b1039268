//! `DELETE /_synapse/admin/v1/rooms/{room_id}`: removes a room, and answers when that is done.

use super::removal::{self, Shutdown};
use crate::admin::ask::Ask;
use crate::admin::work;
use crate::{ApiError, App};

/// Handles the call. It goes on when whoever asked does not wait.
pub(crate) async fn handler(app: App, ask: Ask) -> Result<Shutdown, ApiError> {
    let Some(id) = removal::begin(&app, &ask).await? else { return Ok(Vec::new().into()) };
    work::finish(&app, id.clone()).await?;
    let status = app.rooms.purge_status(&id).await?;
    Ok(status.map(|status| status.put_out).unwrap_or_default().into())
}
