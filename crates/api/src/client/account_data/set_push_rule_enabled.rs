//! `PUT /_matrix/client/v3/pushrules/global/{kind}/{ruleId}/enabled`: switches a rule on or off.

use devices::RuleId;
use ruma_client_api::push::set_pushrule_enabled::v3::{Request, Response};

use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let Request { kind, rule_id: id, enabled, .. } = call.request;
    let rule = RuleId { kind, id };
    app.devices.set_push_rule_enabled(&call.who.user_id, &rule, enabled).await?;
    Ok(Response::new())
}
