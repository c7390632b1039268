//! `DELETE /_synapse/admin/v1/event_reports/{report_id}`: puts a report away.

use super::shown::{number, unknown};
use crate::admin::ask::{Ask, Done};
use crate::{ApiError, App};

/// Handles the call.
pub(crate) async fn handler(app: App, ask: Ask) -> Result<Done, ApiError> {
    if app.moderation.delete(number(&ask)?).await? { Ok(Done {}) } else { Err(unknown()) }
}
