//! `POST /_matrix/media/v1/create`: an address for content that is uploaded later.

use js_int::UInt;
use ruma_client_api::media::create_mxc_uri::v1::{Request, Response};
use ruma_common::MilliSecondsSinceUnixEpoch;

use super::content::address;
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let reservation = app.media.reserve(&call.who.user_id).await?;
    let mut response = Response::new(address(&app, &reservation.id));
    let expires = UInt::new_saturating(reservation.expires.0);
    response.unused_expires_at = Some(MilliSecondsSinceUnixEpoch(expires));
    Ok(response)
}
