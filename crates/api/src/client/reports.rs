//! Reports: what people find should not be there, told to whoever administers the server.

mod event;
mod person;
mod room;

use crate::routes::Routes;

pub(super) fn routes(routes: Routes) -> Routes {
    routes.add(event::handler).add(room::handler).add(person::handler)
}
