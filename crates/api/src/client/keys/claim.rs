//! `POST /_matrix/client/v3/keys/claim`: takes a one-time key of each device named.

use ruma_client_api::keys::claim_keys::v3::{Request, Response};

use super::failures;
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let claimed = app.devices.claim_keys(&call.request.one_time_keys).await?;
    let mut response = Response::new(claimed.keys);
    response.failures = failures::of(claimed.unreachable);
    Ok(response)
}
