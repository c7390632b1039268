//! `GET /_matrix/client/v3/thirdparty/protocols`: which networks are bridged.

use ruma_client_api::thirdparty::get_protocols::v3::{Request, Response};

use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(_: App, _: Call<Request>) -> Result<Response, ApiError> {
    Ok(Response::new(std::collections::BTreeMap::new()))
}
