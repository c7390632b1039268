//! `POST /_synapse/admin/v1/deactivate/{user_id}`: closes an account for good.

use accounts::Erasure;
use serde::{Deserialize, Serialize};

use super::shown::require_account;
use crate::admin::ask::Ask;
use crate::client::close_account;
use crate::{ApiError, App};

/// How.
#[derive(Deserialize)]
struct Body {
    /// Whether what the person wrote becomes unreadable.
    #[serde(default)]
    erase: bool,
}

/// No address was bound at an identity server: none had to be unbound.
#[derive(Serialize)]
pub(crate) struct Answer {
    id_server_unbind_result: &'static str,
}

/// Handles the call.
pub(crate) async fn handler(app: App, ask: Ask) -> Result<Answer, ApiError> {
    let (user, Body { erase }) = (ask.user(&app)?, ask.body()?);
    require_account(&app, &user).await?;
    close_account(&app, &user, if erase { Erasure::Erase } else { Erasure::Keep }).await?;
    Ok(Answer { id_server_unbind_result: "success" })
}
