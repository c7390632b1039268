//! `GET /_synapse/admin/v1/users/{user_id}/admin`: whether somebody administers the server.

use serde::Serialize;

use crate::admin::ask::Ask;
use crate::{ApiError, App};

/// Whether they do.
#[derive(Serialize)]
pub(crate) struct Answer {
    admin: bool,
}

/// Handles the call.
pub(crate) async fn handler(app: App, ask: Ask) -> Result<Answer, ApiError> {
    let standing = app.accounts.standing(&ask.user(&app)?).await?;
    Ok(Answer { admin: standing.is_administrator() })
}
