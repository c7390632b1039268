//! `PUT /_synapse/admin/v1/users/{user_id}/admin`: makes somebody an administrator, or a person as
//! others.

use serde::Deserialize;

use super::administrator;
use crate::admin::ask::{Ask, Done};
use crate::{ApiError, App};

/// What they are to be.
#[derive(Deserialize)]
struct Body {
    admin: bool,
}

/// Handles the call.
pub(crate) async fn handler(app: App, ask: Ask) -> Result<Done, ApiError> {
    let (user, Body { admin }) = (ask.user(&app)?, ask.body()?);
    administrator::set(&app, &ask, &user, admin).await?;
    Ok(Done {})
}
