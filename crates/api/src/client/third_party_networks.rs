//! Networks beyond Matrix: none is bridged here, so nothing is found, and that is said plainly.
//!
//! `spec/content/client-server-api/modules/third_party_networks.md`.

mod location;
mod locations_of_alias;
mod protocol;
mod protocols;
mod user;
mod users_of_id;

use crate::ApiError;
use crate::routes::Routes;

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .add(protocols::handler)
        .add(protocol::handler)
        .add(location::handler)
        .add(user::handler)
        .add(locations_of_alias::handler)
        .add(users_of_id::handler)
}

/// What is said of every protocol.
fn unknown_protocol() -> ApiError {
    ApiError::not_found("no network of this protocol is bridged here")
}
