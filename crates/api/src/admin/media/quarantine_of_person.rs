//! `POST /_synapse/admin/v1/user/{user_id}/media/quarantine`: nobody gets what somebody has uploaded
//! any more.

use super::shown::Quarantined;
use crate::admin::ask::Ask;
use crate::{ApiError, App};

/// Handles the call.
pub(crate) async fn handler(app: App, ask: Ask) -> Result<Quarantined, ApiError> {
    let uploads = app.media.media_of(&ask.user(&app)?).await?;
    let ids = uploads.iter().map(|upload| upload.id.as_str());
    Quarantined::all(&app, &ask.who.user_id, ids).await
}
