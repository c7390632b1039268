//! `POST /_matrix/client/v3/account/3pid/add`: adds an address that was proven, of which there is
//! none.

use ruma_client_api::account::add_3pid::v3::{Request, Response};

use super::unproven;
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    app.confirm(&call.who, &call.asked, call.request.auth.as_ref()).await?;
    Err(unproven())
}
