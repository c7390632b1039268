//! The client-server API, by area.

mod account_data;
mod keys;
mod media;
mod profile;
mod room;
mod server;
mod session;
mod sync;

use crate::routes::Routes;

pub use session::finish_departures;

/// All endpoints for clients.
pub(crate) fn routes() -> Routes {
    let areas = [
        server::routes,
        session::routes,
        profile::routes,
        room::routes,
        keys::routes,
        account_data::routes,
        sync::routes,
        media::routes,
    ];
    areas.into_iter().fold(Routes::default(), |routes, area| area(routes))
}
