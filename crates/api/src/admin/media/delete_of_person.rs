//! `DELETE /_synapse/admin/v1/users/{user_id}/media`: deletes what somebody has uploaded.

use super::shown::Deleted;
use crate::admin::ask::Ask;
use crate::{ApiError, App};

/// Handles the call.
pub(crate) async fn handler(app: App, ask: Ask) -> Result<Deleted, ApiError> {
    let user = ask.user(&app)?;
    let mut deleted = Vec::new();
    for upload in app.media.media_of(&user).await? {
        if app.media.delete(&upload.id).await? {
            deleted.push(upload.id);
        }
    }
    Ok(deleted.into())
}
