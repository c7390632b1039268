//! `DELETE /_matrix/client/v3/directory/room/{roomAlias}`: takes an alias back.

use ruma_client_api::alias::delete_alias::v3::{Request, Response};

use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    app.rooms.delete_alias(&call.who.user_id, &call.request.room_alias).await?;
    Ok(Response::new())
}
