//! What counts as something that a person does: then they are there.
//!
//! What their client does by itself, such as asking for news or handing in keys, is nothing done.
//! (Specification: "Presence", "Last active ago".)

use http::Method;

use crate::admission::Operation;
use crate::{App, Caller};

/// What people do with their own hands.
const DONE: &[(Method, &str)] = &[
    (Method::PUT, "/_matrix/client/v3/rooms/{room_id}/send/{event_type}/{txn_id}"),
    (Method::PUT, "/_matrix/client/v3/rooms/{room_id}/state/{event_type}/{state_key}"),
    (Method::PUT, "/_matrix/client/v3/rooms/{room_id}/redact/{event_id}/{txn_id}"),
    (Method::PUT, "/_matrix/client/v3/rooms/{room_id}/typing/{user_id}"),
    (Method::POST, "/_matrix/client/v3/rooms/{room_id}/receipt/{receipt_type}/{event_id}"),
    (Method::POST, "/_matrix/client/v3/rooms/{room_id}/read_markers"),
    (Method::POST, "/_matrix/client/v3/createRoom"),
    (Method::POST, "/_matrix/client/v3/rooms/{room_id}/join"),
    (Method::POST, "/_matrix/client/v3/join/{room_id_or_alias}"),
    (Method::POST, "/_matrix/client/v3/rooms/{room_id}/invite"),
];

/// Notes that a person does something, if they do.
pub(crate) fn note(app: &App, operation: &Operation, caller: &Caller) {
    let same =
        |(method, path): &(Method, &str)| (method, *path) == (&operation.method, operation.path);
    if DONE.iter().any(same) {
        app.presence.act(&caller.user_id, &caller.device_id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_done_is_named_as_its_endpoint_is() {
        let served = crate::endpoints();
        for (method, path) in DONE {
            let known = |known: &crate::Endpoint| (&known.method, &*known.path) == (method, path);
            assert!(served.iter().any(known), "{method} {path} is served by nobody");
        }
    }
}
