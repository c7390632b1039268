//! Addresses by which the server could reach a person: it has no post yet, so there are none.
//!
//! What is asked is checked, and then refused as the specification has it; the answer never hangs on
//! whose address it is. (Specification: "Adding Account Administrative Contact Information".)

mod account_email;
mod account_phone;
mod add;
mod add_old;
mod addresses;
mod bind;
mod delete;
mod password_email;
mod password_phone;
mod register_email;
mod register_phone;
mod unbind;

// What several of them share.
mod address;

use http::{Method, StatusCode};
use ruma_client_api::account::get_3pids;
use ruma_common::api::error::ErrorKind;

use crate::ApiError;
use crate::routes::Routes;

/// Where clients of old add an address: no part of ruma's description.
const OLD: [&str; 2] = ["/_matrix/client/v3/account/3pid", "/_matrix/client/r0/account/3pid"];

pub(super) fn routes(routes: Routes) -> Routes {
    let routes = routes
        .add_raw::<get_3pids::v3::Request, _, _>(addresses::handler)
        .add(add::handler)
        .add(bind::handler)
        .add(delete::handler)
        .add(unbind::handler)
        .add(account_email::handler)
        .add(account_phone::handler)
        .add(register_email::handler)
        .add(register_phone::handler)
        .add(password_email::handler)
        .add(password_phone::handler);
    OLD.into_iter().fold(routes, |routes, path| routes.raw(&Method::POST, path, add_old::handler))
}

/// Nothing was proven of an address, since nothing could be sent to it.
fn unproven() -> ApiError {
    let message = "no address was proven: this server sends no messages to addresses";
    ApiError::new(StatusCode::FORBIDDEN, ErrorKind::ThreepidAuthFailed, message)
}

/// Addresses of this kind are not added to accounts.
fn unsupported() -> ApiError {
    let message = "this server keeps no such addresses";
    ApiError::new(StatusCode::BAD_REQUEST, ErrorKind::ThreepidMediumNotSupported, message)
}

/// Nobody registers or gets back in by an address.
fn denied() -> ApiError {
    let message = "this server sends no messages to addresses";
    ApiError::new(StatusCode::FORBIDDEN, ErrorKind::ThreepidDenied, message)
}
