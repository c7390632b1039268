//! `PUT /_matrix/client/v3/pushrules/global/{kind}/{ruleId}`: adds a push rule, or changes it.

use devices::RulePlace;
use ruma_client_api::push::set_pushrule::v3::{Request, Response};

use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let Request { rule, before, after, .. } = call.request;
    app.devices.set_push_rule(&call.who.user_id, rule, &RulePlace { before, after }).await?;
    Ok(Response::new())
}
