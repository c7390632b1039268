//! `POST /_synapse/admin/v1/media/delete`: deletes media that is older than a time.

use base::clock::Timestamp;
use media::Old;
use serde::Deserialize;

use super::shown::{Deleted, require_own};
use crate::admin::ask::Ask;
use crate::{ApiError, App};

/// The earliest time that is one, and no count of seconds: 1990.
const EARLIEST: u64 = 631_152_000_000;

/// Which. Pictures of profiles and rooms are not told apart from others: protect what is to stay.
#[derive(Deserialize)]
struct Query {
    before_ts: u64,
    #[serde(default)]
    size_gt: u64,
}

/// Handles the call.
pub(crate) async fn handler(app: App, ask: Ask) -> Result<Deleted, ApiError> {
    let server = ask.part(0);
    if !server.is_empty() {
        require_own(&app, server)?;
    }
    let Query { before_ts, size_gt } = ask.query()?;
    if before_ts < EARLIEST {
        return Err(ApiError::invalid_param("before_ts is in milliseconds, and after 1990"));
    }
    let old = Old { before: Timestamp(before_ts), larger_than: size_gt };
    Ok(app.media.delete_old(old).await?.into())
}
