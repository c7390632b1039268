//! `DELETE /_matrix/client/v3/pushrules/global/{kind}/{ruleId}`: removes a push rule.

use devices::RuleId;
use ruma_client_api::push::delete_pushrule::v3::{Request, Response};

use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let rule = RuleId { kind: call.request.kind, id: call.request.rule_id };
    app.devices.delete_push_rule(&call.who.user_id, &rule).await?;
    Ok(Response::new())
}
