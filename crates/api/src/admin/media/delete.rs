//! `DELETE /_synapse/admin/v1/media/{server_name}/{media_id}`: deletes media.

use super::shown::{Deleted, named};
use crate::admin::ask::Ask;
use crate::{ApiError, App};

/// Handles the call.
pub(crate) async fn handler(app: App, ask: Ask) -> Result<Deleted, ApiError> {
    let id = named(&app, &ask)?;
    if app.media.delete(&id).await? {
        return Ok(vec![id].into());
    }
    Err(ApiError::not_found("there is no such media"))
}
