//! `PUT /_synapse/admin/v2/users/{user_id}/devices/{device_id}`: calls a session otherwise.

use serde::Deserialize;

use crate::admin::ask::{Ask, Done};
use crate::{ApiError, App};

/// How.
#[derive(Deserialize)]
struct Body {
    display_name: String,
}

/// Handles the call.
pub(crate) async fn handler(app: App, ask: Ask) -> Result<Done, ApiError> {
    let (user, Body { display_name }) = (ask.user(&app)?, ask.body()?);
    app.accounts.name_session(&user, ask.part(1).into(), &display_name).await?;
    Ok(Done {})
}
