//! What guests may do: the endpoints that the specification opens to them, and no other.
//!
//! (Specification: "Guest access", and the `guest_ok` of each operation.)

use http::Method;

use crate::admission::Operation;

/// The profile, of which a guest changes the name alone.
const PROFILE: &str = "/_matrix/client/v3/profile/{user_id}/{field}";
/// What is known of a room. Who is in it is no guest's to say: they come in by joining.
const STATE: &str = "/_matrix/client/v3/rooms/{room_id}/state/{event_type}/{state_key}";

/// What is open to guests.
const OPEN: &[(Method, &str)] = &[
    (Method::GET, "/_matrix/client/v3/sync"),
    (Method::GET, "/_matrix/client/v3/events"),
    (Method::GET, "/_matrix/client/v3/rooms/{room_id}/state"),
    (Method::GET, STATE),
    (Method::GET, "/_matrix/client/v3/rooms/{room_id}/members"),
    (Method::GET, "/_matrix/client/v3/rooms/{room_id}/messages"),
    (Method::GET, "/_matrix/client/v3/rooms/{room_id}/initialSync"),
    (Method::GET, "/_matrix/client/v3/rooms/{room_id}/event/{event_id}"),
    (Method::GET, "/_matrix/client/v3/rooms/{room_id}/context/{event_id}"),
    (Method::GET, "/_matrix/client/v1/media/download/{server_name}/{media_id}"),
    (Method::GET, "/_matrix/client/v1/media/download/{server_name}/{media_id}/{filename}"),
    (Method::GET, "/_matrix/client/v1/media/thumbnail/{server_name}/{media_id}"),
    (Method::POST, "/_matrix/client/v3/rooms/{room_id}/join"),
    (Method::POST, "/_matrix/client/v3/rooms/{room_id}/leave"),
    (Method::PUT, "/_matrix/client/v3/rooms/{room_id}/send/{event_type}/{txn_id}"),
    (Method::PUT, STATE),
    (Method::PUT, "/_matrix/client/v3/sendToDevice/{event_type}/{txn_id}"),
    (Method::PUT, PROFILE),
    (Method::DELETE, PROFILE),
    (Method::GET, "/_matrix/client/v3/devices"),
    (Method::GET, "/_matrix/client/v3/devices/{device_id}"),
    (Method::PUT, "/_matrix/client/v3/devices/{device_id}"),
    (Method::GET, "/_matrix/client/v3/account/whoami"),
    (Method::POST, "/_matrix/client/v3/keys/upload"),
    (Method::POST, "/_matrix/client/v3/keys/query"),
    (Method::POST, "/_matrix/client/v3/keys/claim"),
    // Open to strangers, so to guests too; and whoever came in can leave the server.
    (Method::GET, "/_matrix/client/versions"),
    (Method::GET, "/_matrix/client/v1/room_summary/{room_id_or_alias}"),
    (Method::POST, "/_matrix/client/v3/logout"),
    (Method::POST, "/_matrix/client/v3/logout/all"),
];

/// Whether a guest may ask this. `arguments` are the parts of the path that vary.
pub(crate) fn may(operation: &Operation, arguments: &[String]) -> bool {
    let second = arguments.get(1).map(String::as_str);
    match (&operation.method, operation.path) {
        (_, PROFILE) if second != Some("displayname") => false,
        (&Method::PUT, STATE) if second == Some("m.room.member") => false,
        (method, path) => OPEN.iter().any(|open| (&open.0, open.1) == (method, path)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(method: &Method, path: &'static str, arguments: &[&str], expected: bool) {
        let operation = Operation { method: method.clone(), path };
        let arguments: Vec<_> = arguments.iter().map(|part| (*part).to_owned()).collect();
        assert_eq!(may(&operation, &arguments), expected, "{method} {path} {arguments:?}");
    }

    #[test]
    fn guests_do_what_is_open_to_them() {
        check(&Method::GET, "/_matrix/client/v3/sync", &[], true);
        check(&Method::POST, "/_matrix/client/v3/createRoom", &[], false);
        check(&Method::POST, "/_matrix/client/v3/rooms/{room_id}/invite", &["!a:b.c"], false);
        check(&Method::PUT, PROFILE, &["@a:b.c", "displayname"], true);
        check(&Method::PUT, PROFILE, &["@a:b.c", "avatar_url"], false);
        check(&Method::PUT, STATE, &["!a:b.c", "m.room.topic", ""], true);
        check(&Method::PUT, STATE, &["!a:b.c", "m.room.member", "@a:b.c"], false);
        check(&Method::GET, STATE, &["!a:b.c", "m.room.member", "@a:b.c"], true);
        check(&Method::DELETE, "/_matrix/client/v3/devices/{device_id}", &["A"], false);
    }

    #[test]
    fn what_is_open_is_named_as_its_endpoint_is() {
        let served = crate::endpoints();
        for open in OPEN {
            let known =
                |known: &crate::Endpoint| (&known.method, &*known.path) == (&open.0, open.1);
            assert!(served.iter().any(known), "{} {} is served by nobody", open.0, open.1);
        }
    }
}
