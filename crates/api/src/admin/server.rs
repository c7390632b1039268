//! The server as a whole.

mod notice;
mod version;

use http::Method;

use crate::routes::Routes;

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .administer(&Method::GET, "v1/server_version", version::handler)
        .administer(&Method::POST, "v1/send_server_notice", notice::handler)
        .administer(&Method::PUT, "v1/send_server_notice/{txn_id}", notice::handler)
}
