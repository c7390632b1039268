//! `POST /_synapse/admin/v1/media/unprotect/{media_id}`: media can be withheld with others
//! again.

use media::MediaId;

use super::shown::require_known;
use crate::admin::ask::{Ask, Done};
use crate::{ApiError, App};

/// Handles the call.
pub(crate) async fn handler(app: App, ask: Ask) -> Result<Done, ApiError> {
    let id = MediaId::parse(ask.part(0))?;
    require_known(&app, &id).await?;
    app.media.set_protected(&id, false).await?;
    Ok(Done {})
}
