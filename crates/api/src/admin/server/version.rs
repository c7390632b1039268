//! `GET /_synapse/admin/v1/server_version`: which server this is.

use serde::Serialize;

use crate::admin::ask::Ask;
use crate::{ApiError, App};

/// What the server is.
#[derive(Serialize)]
pub(crate) struct Answer {
    server_version: &'static str,
}

/// Handles the call.
pub(crate) async fn handler(_: App, _: Ask) -> Result<Answer, ApiError> {
    Ok(Answer { server_version: concat!("Chappe ", env!("CARGO_PKG_VERSION")) })
}
