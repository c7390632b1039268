//! `PUT /_synapse/admin/v1/suspend/{user_id}`: suspends an account, or lifts that.

use std::collections::BTreeMap;

use ruma_common::OwnedUserId;
use serde::Deserialize;

use crate::admin::ask::Ask;
use crate::{ApiError, App};

/// What it is to be.
#[derive(Deserialize)]
struct Body {
    suspend: bool,
}

/// Handles the call.
pub(crate) async fn handler(app: App, ask: Ask) -> Result<BTreeMap<String, bool>, ApiError> {
    let (user, Body { suspend }): (OwnedUserId, Body) = (ask.user(&app)?, ask.body()?);
    app.accounts.set_suspended(&user, suspend).await?;
    Ok(BTreeMap::from([(format!("user_{user}_suspended"), suspend)]))
}
