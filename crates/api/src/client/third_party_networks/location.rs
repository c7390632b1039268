//! `GET /_matrix/client/v3/thirdparty/location/{protocol}`: rooms that lead to a place of a network.

use ruma_client_api::thirdparty::get_location_for_protocol::v3::{Request, Response};

use super::unknown_protocol;
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(_: App, _: Call<Request>) -> Result<Response, ApiError> {
    Err(unknown_protocol())
}
