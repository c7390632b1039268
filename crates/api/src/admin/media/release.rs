//! `POST /_synapse/admin/v1/media/unquarantine/{server_name}/{media_id}`: who may have the media gets
//! it again.

use super::shown::{named, require_known};
use crate::admin::ask::{Ask, Done};
use crate::{ApiError, App};

/// Handles the call.
pub(crate) async fn handler(app: App, ask: Ask) -> Result<Done, ApiError> {
    let id = named(&app, &ask)?;
    require_known(&app, &id).await?;
    app.media.release(&id).await?;
    Ok(Done {})
}
