//! `GET /_synapse/admin/v1/username_available`: whether a name is free.

use serde::{Deserialize, Serialize};

use crate::admin::ask::Ask;
use crate::{ApiError, App};

/// Which name.
#[derive(Deserialize)]
struct Query {
    username: String,
}

/// It is: whatever is not is refused.
#[derive(Serialize)]
pub(crate) struct Answer {
    available: bool,
}

/// Handles the call.
pub(crate) async fn handler(app: App, ask: Ask) -> Result<Answer, ApiError> {
    let Query { username } = ask.query()?;
    app.accounts.require_available(&username).await?;
    Ok(Answer { available: true })
}
