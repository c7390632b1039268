//! `GET /_synapse/admin/v1/whois/{user_id}`: the sessions of a person.

use serde_json::Value;

use crate::admin::ask::Ask;
use crate::client::sessions_shown;
use crate::{ApiError, App};

/// Handles the call, as the specification's own of this name.
pub(crate) async fn handler(app: App, ask: Ask) -> Result<Value, ApiError> {
    let user = ask.user(&app)?;
    app.accounts.standing(&user).await?;
    Ok(sessions_shown(&user, app.accounts.sessions(&user).await?))
}
