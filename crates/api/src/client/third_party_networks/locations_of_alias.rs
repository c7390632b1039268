//! `GET /_matrix/client/v3/thirdparty/location`: where in other networks a room leads.

use ruma_client_api::thirdparty::get_location_for_room_alias::v3::{Request, Response};

use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(_: App, _: Call<Request>) -> Result<Response, ApiError> {
    Ok(Response::new(Vec::new()))
}
