//! Calls: where they are relayed.

mod turn_server;

use http::Method;
use ruma_client_api::voip::get_turn_server_info::v3::Request;
use ruma_common::api::Metadata;
use ruma_common::api::path_builder::PathBuilder;

use crate::routes::Routes;

pub(super) fn routes(routes: Routes) -> Routes {
    let paths = Request::PATH_BUILDER.all_paths();
    paths.fold(routes, |routes, path| routes.raw(&Method::GET, path, turn_server::handler))
}
