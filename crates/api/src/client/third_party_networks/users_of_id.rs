//! `GET /_matrix/client/v3/thirdparty/user`: whom of other networks somebody stands for.

use ruma_client_api::thirdparty::get_user_for_user_id::v3::{Request, Response};

use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(_: App, _: Call<Request>) -> Result<Response, ApiError> {
    Ok(Response::new(Vec::new()))
}
