//! What a suspended person may still do: one table, by endpoint.
//!
//! They read everything, keep their keys and verify their devices, leave, take back what they said
//! themselves, sign in and out, and close their account. They do not speak, invite, come in, or
//! show themselves otherwise. (Specification: "Account suspension".)

use http::Method;

use crate::admission::Operation;

/// Whether a suspended person may ask something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Allowed {
    /// They may.
    Yes,
    /// When the event that the path names is their own.
    OnOwnEvents,
    /// They may not.
    No,
}

/// Where suspended people may take back what they said.
const REDACT: &str = "/_matrix/client/v3/rooms/{room_id}/redact/{event_id}/{txn_id}";

/// Requests other than reading that suspended people may send, whatever the method.
const OPEN: &[&str] = &[
    // Sessions: further ones are suspended too, and any can be ended.
    "/_matrix/client/v1/login/get_token",
    "/_matrix/client/v3/logout",
    "/_matrix/client/v3/logout/all",
    "/_matrix/client/v3/devices/{device_id}",
    "/_matrix/client/v3/delete_devices",
    "/_matrix/client/v3/account/password",
    "/_matrix/client/v3/account/deactivate",
    // Addresses are added, not removed.
    "/_matrix/client/v3/account/3pid/add",
    "/_matrix/client/v3/account/3pid/bind",
    // Devices and their keys: verification, cross-signing, backup.
    "/_matrix/client/v3/keys/upload",
    "/_matrix/client/v3/keys/query",
    "/_matrix/client/v3/keys/claim",
    "/_matrix/client/v3/keys/device_signing/upload",
    "/_matrix/client/v3/keys/signatures/upload",
    "/_matrix/client/v3/sendToDevice/{event_type}/{txn_id}",
    "/_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device",
    "/_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device/{device_id}/events",
    "/_matrix/client/v3/room_keys/keys",
    "/_matrix/client/v3/room_keys/keys/{room_id}",
    "/_matrix/client/v3/room_keys/keys/{room_id}/{session_id}",
    "/_matrix/client/v3/room_keys/version",
    "/_matrix/client/v3/room_keys/version/{version}",
    // Leaving, refusing invitations, and complaining.
    "/_matrix/client/v3/rooms/{room_id}/leave",
    "/_matrix/client/v3/rooms/{room_id}/forget",
    "/_matrix/client/v3/rooms/{room_id}/report",
    "/_matrix/client/v3/rooms/{room_id}/report/{event_id}",
    "/_matrix/client/v3/users/{user_id}/report",
    // What nobody else reads: where they stand, what they keep, what rings.
    "/_matrix/client/v3/rooms/{room_id}/read_markers",
    "/_matrix/client/v3/rooms/{room_id}/receipt/{receipt_type}/{event_id}",
    "/_matrix/client/v3/user/{user_id}/account_data/{event_type}",
    "/_matrix/client/v3/user/{user_id}/rooms/{room_id}/account_data/{event_type}",
    "/_matrix/client/v3/user/{user_id}/rooms/{room_id}/tags/{tag}",
    "/_matrix/client/v3/user/{user_id}/filter",
    "/_matrix/client/v3/pushers/set",
    "/_matrix/client/v3/pushrules/global/{kind}/{rule_id}",
    "/_matrix/client/v3/pushrules/global/{kind}/{rule_id}/actions",
    "/_matrix/client/v3/pushrules/global/{kind}/{rule_id}/enabled",
    // Reading by POST.
    "/_matrix/client/v3/publicRooms",
    "/_matrix/client/v3/search",
    "/_matrix/client/v3/user_directory/search",
    "/_matrix/client/unstable/org.matrix.simplified_msc3575/sync",
    "/_matrix/client/v4/sync",
];

/// Whether a suspended person may ask this.
pub(crate) fn allows(operation: &Operation) -> Allowed {
    match operation.path {
        _ if operation.method == Method::GET => Allowed::Yes,
        REDACT => Allowed::OnOwnEvents,
        path if OPEN.contains(&path) => Allowed::Yes,
        _ => Allowed::No,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(method: &Method, path: &'static str, expected: Allowed) {
        let operation = Operation { method: method.clone(), path };
        assert_eq!(allows(&operation), expected, "{method} {path}");
    }

    #[test]
    fn the_suspended_read_and_do_not_write() {
        check(&Method::GET, "/_matrix/client/v3/sync", Allowed::Yes);
        check(&Method::POST, "/_matrix/client/v3/createRoom", Allowed::No);
        check(&Method::POST, "/_matrix/client/v3/rooms/{room_id}/join", Allowed::No);
        check(&Method::POST, "/_matrix/client/v3/rooms/{room_id}/leave", Allowed::Yes);
        check(&Method::PUT, REDACT, Allowed::OnOwnEvents);
        check(&Method::PUT, "/_matrix/client/v3/profile/{user_id}/{field}", Allowed::No);
        check(&Method::POST, "/_matrix/client/v1/something/new", Allowed::No);
    }

    #[test]
    fn what_is_open_is_named_as_its_endpoint_is() {
        let served = crate::endpoints();
        for path in OPEN {
            assert!(served.iter().any(|known| known.path == *path), "{path} is served by nobody");
        }
    }
}
