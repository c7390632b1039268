//! What is new: `/sync`, and what follows from its tokens.

mod key_changes;
mod sliding;
mod sync_events;

use ruma_client_api::sync::sync_events::v3::Request;

use crate::routes::Routes;

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .add(key_changes::handler)
        .add_raw::<Request, _, _>(sync_events::handler)
        .add_raw::<sliding::deployed::Request, _, _>(sliding::deployed::handler)
        .add_raw::<sliding::accepted::Request, _, _>(sliding::accepted::handler)
}
