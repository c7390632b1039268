//! `POST /_synapse/admin/v1/room/{room_id}/media/quarantine`: nobody gets the media in what is
//! readable of a room any more.

use super::removal::not_found;
use crate::admin::ask::Ask;
use crate::admin::media::shown::Quarantined;
use crate::{ApiError, App};

/// Handles the call.
pub(crate) async fn handler(app: App, ask: Ask) -> Result<Quarantined, ApiError> {
    let found = app.rooms.media_in(&ask.room()?).await.map_err(not_found)?;
    let own = format!("mxc://{}/", app.settings.server_name);
    let ids = found.iter().filter_map(|address| address.strip_prefix(&own));
    Quarantined::all(&app, &ask.who.user_id, ids).await
}
