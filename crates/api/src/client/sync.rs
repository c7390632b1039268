//! What is new: `/sync`, and what follows from its tokens.

mod key_changes;
mod sync_events;

use http::Method;
use ruma_client_api::sync::sync_events::v3::Request;
use ruma_common::api::Metadata;
use ruma_common::api::path_builder::PathBuilder;

use crate::routes::Routes;

pub(super) fn routes(routes: Routes) -> Routes {
    let routes = routes.add(key_changes::handler);
    Request::PATH_BUILDER
        .all_paths()
        .fold(routes, |routes, path| routes.raw(&Method::GET, path, sync_events::handler))
}
