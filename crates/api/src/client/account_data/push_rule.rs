//! `GET /_matrix/client/v3/pushrules/global/{kind}/{ruleId}`: one push rule.

use ruma_client_api::push::get_pushrule::v3::{Request, Response};

use crate::{ApiError, App, Call};

/// Handles the call.
pub(crate) async fn handler(app: App, call: Call<Request>) -> Result<Response, ApiError> {
    let Request { kind, rule_id, .. } = call.request;
    let rules = app.devices.push_rules(&call.who.user_id).await?;
    let rule = rules.get(kind, &rule_id);
    let rule = rule.ok_or_else(|| ApiError::not_found("no such push rule"))?;
    Ok(Response::new(rule.into()))
}
