//! `PUT /_matrix/client/v3/directory/list/appservice/{networkId}/{roomId}`: lists a room of a
//! network that an application service bridges.

use ruma_client_api::appservice::set_room_visibility::v3::{Request, Response};

use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(_: App, call: Call<Request>) -> Result<Response, ApiError> {
    match call.who {}
}
