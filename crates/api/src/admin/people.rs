//! People: their accounts, sessions and rooms.

mod administrator;
mod close;
mod delete_device;
mod delete_devices;
mod details;
mod devices;
mod is_administrator;
mod joined_rooms;
mod list;
mod name_device;
mod reset_password;
mod set;
mod set_administrator;
mod suspend;
mod username_available;
mod whois;

// What several of them share.
mod shown;

use http::Method;

use crate::routes::Routes;

pub(super) fn routes(routes: Routes) -> Routes {
    let (get, put, post, delete) = (&Method::GET, &Method::PUT, &Method::POST, &Method::DELETE);
    routes
        .administer(get, "v2/users", list::handler)
        .administer(get, "v3/users", list::handler)
        .administer(get, "v2/users/{user_id}", details::handler)
        .administer_making(put, "v2/users/{user_id}", set::handler)
        .administer(get, "v1/users/{user_id}/admin", is_administrator::handler)
        .administer(put, "v1/users/{user_id}/admin", set_administrator::handler)
        .administer(get, "v1/whois/{user_id}", whois::handler)
        .administer(put, "v1/suspend/{user_id}", suspend::handler)
        .administer(post, "v1/deactivate/{user_id}", close::handler)
        .administer(post, "v1/reset_password/{user_id}", reset_password::handler)
        .administer(get, "v1/users/{user_id}/joined_rooms", joined_rooms::handler)
        .administer(get, "v2/users/{user_id}/devices", devices::handler)
        .administer(put, "v2/users/{user_id}/devices/{device_id}", name_device::handler)
        .administer(delete, "v2/users/{user_id}/devices/{device_id}", delete_device::handler)
        .administer(post, "v2/users/{user_id}/delete_devices", delete_devices::handler)
        .administer(get, "v1/username_available", username_available::handler)
}
