//! Administration as known tools ask for it: the part of Synapse's administration API that says
//! something here, under `/_synapse/admin`.
//!
//! Every endpoint goes through [`ask`], which lets administrators in and nobody else. Left out with
//! intent: acting in somebody's name (signing in as them, having them join rooms) and reading
//! messages; what only another server's parts know (application services' and federation's queues,
//! background updates).
//!
//! One way remains to be somebody else: an administrator who gives a person a new password can sign
//! in with it. The person cannot miss it, since all of their sessions end; the device is a new one,
//! not verified by any of theirs, and cannot read encrypted history.

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
