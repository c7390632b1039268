//! What people keep on the server: account data, tags, filters, push rules.

mod add_filter;
mod create_tag;
mod delete_push_rule;
mod delete_tag;
mod filter;
mod global;
mod in_room;
mod push_rule;
mod push_rule_actions;
mod push_rule_enabled;
mod push_rules;
mod push_rules_global;
mod set_global;
mod set_in_room;
mod set_push_rule;
mod set_push_rule_actions;
mod set_push_rule_enabled;
mod tags;

use http::Method;
use ruma_client_api::filter::get_filter::v3::Request as GetFilter;
use ruma_common::UserId;
use ruma_common::api::Metadata;
use ruma_common::api::path_builder::PathBuilder;

use crate::routes::Routes;
use crate::{ApiError, Caller};

pub(super) fn routes(routes: Routes) -> Routes {
    let routes = GetFilter::PATH_BUILDER
        .all_paths()
        .fold(routes, |routes, path| routes.raw(&Method::GET, path, filter::handler));
    routes
        .add(global::handler)
        .add(set_global::handler)
        .add(in_room::handler)
        .add(set_in_room::handler)
        .add(tags::handler)
        .add(create_tag::handler)
        .add(delete_tag::handler)
        .add(add_filter::handler)
        .add(push_rules::handler)
        .add(push_rules_global::handler)
        .add(push_rule::handler)
        .add_filling(set_push_rule::handler, &[("conditions", "[]")])
        .add(delete_push_rule::handler)
        .add(push_rule_enabled::handler)
        .add(set_push_rule_enabled::handler)
        .add(push_rule_actions::handler)
        .add(set_push_rule_actions::handler)
}

/// Refuses to read or write what another person keeps.
fn require_own(caller: &Caller, user: &UserId) -> Result<(), ApiError> {
    if caller.user_id == user {
        return Ok(());
    }
    Err(ApiError::forbidden(format!("what {user} keeps here is theirs alone")))
}
