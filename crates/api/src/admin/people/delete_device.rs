//! `DELETE /_synapse/admin/v2/users/{user_id}/devices/{device_id}`: ends a session of somebody.

use super::shown::require_account;
use crate::admin::ask::{Ask, Done};
use crate::client::end_session;
use crate::{ApiError, App};

/// Handles the call.
pub(crate) async fn handler(app: App, ask: Ask) -> Result<Done, ApiError> {
    let user = ask.user(&app)?;
    require_account(&app, &user).await?;
    end_session(&app, &user, ask.part(1).into()).await?;
    Ok(Done {})
}
