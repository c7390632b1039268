//! `POST /_synapse/admin/v1/media/quarantine/{server_name}/{media_id}`: nobody gets the media any
//! more.

use media::Withheld;

use super::shown::named;
use crate::admin::ask::{Ask, Done};
use crate::{ApiError, App};

/// Handles the call.
pub(crate) async fn handler(app: App, ask: Ask) -> Result<Done, ApiError> {
    match app.media.quarantine(&named(&app, &ask)?, &ask.who.user_id).await? {
        Withheld::Yes => Ok(Done {}),
        Withheld::Protected => Err(ApiError::forbidden("this media is protected")),
        Withheld::Unknown => Err(ApiError::not_found("there is no such media")),
    }
}
