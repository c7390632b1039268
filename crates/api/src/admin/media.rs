//! Media: whose they are, and taking them from everybody.

mod delete;
mod delete_of_person;
mod delete_old;
mod of_person;
mod protect;
mod quarantine;
mod quarantine_of_person;
mod release;
mod unprotect;

// What several areas share.
pub(super) mod shown;

use http::Method;

use crate::routes::Routes;

pub(super) fn routes(routes: Routes) -> Routes {
    let (get, post, delete) = (&Method::GET, &Method::POST, &Method::DELETE);
    routes
        .administer(get, "v1/users/{user_id}/media", of_person::handler)
        .administer(delete, "v1/users/{user_id}/media", delete_of_person::handler)
        .administer(post, "v1/user/{user_id}/media/quarantine", quarantine_of_person::handler)
        .administer(post, "v1/media/quarantine/{server_name}/{media_id}", quarantine::handler)
        .administer(post, "v1/media/unquarantine/{server_name}/{media_id}", release::handler)
        .administer(post, "v1/media/protect/{media_id}", protect::handler)
        .administer(post, "v1/media/unprotect/{media_id}", unprotect::handler)
        .administer(post, "v1/media/delete", delete_old::handler)
        .administer(post, "v1/media/{server_name}/delete", delete_old::handler)
        .administer(delete, "v1/media/{server_name}/{media_id}", delete::handler)
}
