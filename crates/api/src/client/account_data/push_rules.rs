//! `GET /_matrix/client/v3/pushrules/`: all push rules.

use ruma_client_api::push::get_pushrules_all::v3::{Request, Response};
use ruma_common::push::Ruleset;

use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let rules = app.devices.push_rules(&call.who.user_id).await?;
    Ok(Response::new(Ruleset::clone(&rules)))
}
