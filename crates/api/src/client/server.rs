//! What this server is and can do.

mod capabilities;
mod versions;
mod well_known;

use crate::routes::Routes;

pub(super) fn routes(routes: Routes) -> Routes {
    routes.add(versions::handler).add(capabilities::handler).add(well_known::handler)
}
