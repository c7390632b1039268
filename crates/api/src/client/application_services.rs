//! Application services: none is registered on this server, so nobody may ask what is theirs.
//!
//! Who asks has no value ([`crate::authenticate`]): a handler is reached by no request, and says so
//! in its type.

mod ping;
mod set_listing;

use crate::routes::Routes;

pub(super) fn routes(routes: Routes) -> Routes {
    routes.add(ping::handler).add(set_listing::handler)
}
