//! Where a person's notifications go, and what notified them.

mod notifications;
mod pushers;
mod set_pusher;

use crate::routes::Routes;

pub(super) fn routes(routes: Routes) -> Routes {
    routes.add(pushers::handler).add(set_pusher::handler).add(notifications::handler)
}
