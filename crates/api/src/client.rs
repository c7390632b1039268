//! The client-server API, by area.

mod account_data;
mod admin;
mod application_services;
mod contact;
mod keys;
mod media;
mod old_sync;
mod presence;
mod profile;
mod push;
mod reports;
mod room;
mod server;
mod session;
mod sync;
mod third_party_networks;
mod voip;

use crate::routes::Routes;

pub(crate) use admin::whois::shown as sessions_shown;
pub(crate) use profile::show_in_rooms;
pub use room::expel_guests;
pub(crate) use room::{invitee, join_room, room_of};
pub use session::finish_departures;
pub(crate) use session::{close as close_account, end as end_session};

/// All endpoints for clients.
pub(crate) fn routes() -> Routes {
    let areas = [
        server::routes,
        session::routes,
        profile::routes,
        room::routes,
        keys::routes,
        account_data::routes,
        push::routes,
        sync::routes,
        media::routes,
        admin::routes,
        presence::routes,
        old_sync::routes,
        reports::routes,
        third_party_networks::routes,
        voip::routes,
        application_services::routes,
        contact::routes,
    ];
    areas.into_iter().fold(Routes::default(), |routes, area| area(routes))
}
