//! `GET /_matrix/client/v3/keys/changes`: whose devices changed between two tokens of syncs.

use ruma_client_api::keys::get_key_changes::v3::{Request, Response};

use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let Call { request, who, .. } = call;
    let span = (request.from.parse()?, request.to.parse()?);
    let lists = app.sync.device_changes(&who.user_id, who.device_id, span).await?;
    Ok(Response::new(lists.changed, lists.left))
}
