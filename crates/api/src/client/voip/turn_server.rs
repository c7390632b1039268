//! `GET /_matrix/client/v3/voip/turnServer`: a relay for calls, and a password for it.
//!
//! Without a relay the answer is an empty object, as clients know it, which ruma's type cannot say:
//! so the request is read by hand.

use axum::extract::Request as HttpRequest;
use axum::response::Response as HttpResponse;
use ruma_client_api::voip::get_turn_server_info::v3::{Request, Response};

use crate::answer;
use crate::call::{Raw, respond};
use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let Call { who, .. } = Call::<Request>::receive(&app, Raw::split(request).await?.0).await?;
    let Some(relay) = &app.settings.relay else {
        return answer::json(&serde_json::json!({}));
    };
    let pass = relay.pass(&who.user_id, app.clock.now())?;
    let uris = relay.urls.clone();
    Ok(respond(Ok(Response::new(pass.username, pass.password, uris, relay.lifetime))))
}
