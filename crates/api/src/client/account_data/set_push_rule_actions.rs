//! `PUT /_matrix/client/v3/pushrules/global/{kind}/{ruleId}/actions`: says what a rule does.

use devices::RuleId;
use ruma_client_api::push::set_pushrule_actions::v3::{Request, Response};

use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let Request { kind, rule_id: id, actions, .. } = call.request;
    let rule = RuleId { kind, id };
    app.devices.set_push_rule_actions(&call.who.user_id, &rule, &actions).await?;
    Ok(Response::new())
}
