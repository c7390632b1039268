//! `GET /_synapse/admin/v2/users/{user_id}`: one account.

use super::shown::{Detailed, detailed};
use crate::admin::ask::Ask;
use crate::{ApiError, App};

/// Handles the call.
pub(crate) async fn handler(app: App, ask: Ask) -> Result<Detailed, ApiError> {
    detailed(&app, &ask.user(&app)?).await
}
