//! What people report: events, rooms and other people.

mod delete;
mod details;
mod list;

// What several of them share.
mod shown;

use http::Method;

use crate::routes::Routes;

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .administer(&Method::GET, "v1/event_reports", list::handler)
        .administer(&Method::GET, "v1/event_reports/{report_id}", details::handler)
        .administer(&Method::DELETE, "v1/event_reports/{report_id}", delete::handler)
}
