//! Administration as known tools ask for it: the part of Synapse's administration API that says
//! something here, under `/_synapse/admin`.
//!
//! Every endpoint goes through [`ask`], which lets administrators in and nobody else. Left out with
//! intent: signing in as somebody else and joining rooms or reading messages in their name, which
//! no administrator can do here; what only another server's parts know (application services' and
//! federation's queues, background updates).

mod ask;
mod media;
mod people;
mod reports;
mod rooms;
mod server;
mod work;

use crate::routes::Routes;

pub use work::finish_purges;

/// All endpoints for administrators.
pub(crate) fn routes(routes: Routes) -> Routes {
    let areas = [server::routes, people::routes, rooms::routes, media::routes, reports::routes];
    areas.into_iter().fold(routes, |routes, area| area(routes))
}
