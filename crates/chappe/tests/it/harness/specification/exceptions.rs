//! Where the specification's own description is wrong, and what is ours beside it.

use super::exchange::Mismatch;

/// Which half of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Request,
    Answer,
}

/// A place where the description contradicts the specification's text, or itself.
struct Exception {
    operation: &'static str,
    side: Side,
    /// JSON pointer; `*` stands for any one part.
    pointer: &'static str,
    /// The schema's keyword that is not met.
    keyword: &'static str,
    /// Why.
    _reason: &'static str,
}

const EXCEPTIONS: [Exception; 3] = [
    Exception {
        operation: "getRoomStateWithKey",
        side: Side::Answer,
        pointer: "",
        keyword: "oneOf",
        _reason: "one of two schemas, of which the first takes any object: a whole event is both",
    },
    Exception {
        operation: "getTurnServer",
        side: Side::Answer,
        pointer: "",
        keyword: "required",
        _reason: "where there is no TURN server clients expect an empty object; the text says nothing",
    },
    Exception {
        operation: "getEvents",
        side: Side::Answer,
        pointer: "/chunk/*",
        keyword: "required",
        _reason: "the event stream carries presence and who types too, which are no events of a room",
    },
];

/// Answers that the specification's text has, and its description leaves out.
const STATUSES: [(&str, u16, &str); 1] = [(
    "uploadCrossSigningKeys",
    401,
    "it takes `auth`: the text has user-interactive authentication",
)];

/// Errcodes of ours, and of proposals that clients know.
const ERRCODES: [(&str, &str); 0] = [];

/// Whether what is wrong here is the description.
pub(super) fn excuse(operation: &str, side: Side, found: &Mismatch) -> bool {
    EXCEPTIONS.iter().any(|exception| {
        exception.operation == operation
            && exception.side == side
            && exception.keyword == found.keyword
            && fits(exception.pointer, &found.pointer)
    })
}

/// Whether a status is right that the description does not have.
pub(super) fn status(operation: &str, status: u16) -> bool {
    STATUSES.iter().any(|exception| (exception.0, exception.1) == (operation, status))
}

/// Whether an errcode is one of ours.
pub(super) fn errcode(errcode: &str) -> bool {
    ERRCODES.iter().any(|exception| exception.0 == errcode)
}

fn fits(pattern: &str, pointer: &str) -> bool {
    let (pattern, pointer) = (pattern.split('/'), pointer.split('/'));
    pattern.clone().count() == pointer.clone().count()
        && pattern.zip(pointer).all(|(wanted, got)| wanted == "*" || wanted == got)
}
