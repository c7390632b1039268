//! What this server is and can do.

mod capabilities;
mod policy_server;
mod support;
mod versions;
mod well_known;

use ruma_client_api::discovery::get_capabilities;

use crate::routes::Routes;

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .add(versions::handler)
        .add_raw::<get_capabilities::v3::Request, _, _>(capabilities::handler)
        .add(well_known::handler)
        .add(support::handler)
        .add(policy_server::handler)
}
