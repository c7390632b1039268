//! `POST /_matrix/client/v3/account/3pid/delete`: removes an address from the account.

use ruma_client_api::account::ThirdPartyIdRemovalStatus;
use ruma_client_api::account::delete_3pid::v3::{Request, Response};

use super::address::require_server;
use crate::{ApiError, App, Call};

/// Handles the call. The address is not there, as it is to be afterwards; no identity server is
/// known that could have it.
pub(crate) async fn handler(_: App, call: Call<Request>) -> Result<Response, ApiError> {
    if let Some(server) = &call.request.id_server {
        require_server(server)?;
    }
    Ok(Response::new(ThirdPartyIdRemovalStatus::NoSupport))
}
