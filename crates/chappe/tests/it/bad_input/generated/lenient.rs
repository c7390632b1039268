//! Bad input that is taken, or refused otherwise than its case says, and why that is right.

use super::cases::Kind;

/// An operation, a kind of case, what of it is wrong (`*`: anything), the status, and the reason.
type Leniency = (&'static str, Kind, &'static str, u16, &'static str);

use Kind::{
    AnotherPerson, ForeignRoom, InvalidIdentifier, MissingField, PowerTooLow, UnknownRoom,
    WrongType,
};

const OWN_NOTES: &str = "what a person notes down is theirs, and the server tells nobody whether \
                         there is such a room";
const NO_NETWORKS: &str = "there are no other networks to look in, and it is not read";
const SECRET_ROOMS: &str = "who reports a room does not learn so whether it is there";

#[rustfmt::skip]
const LENIENCIES: [Leniency; 24] = [
    ("getUserProfile", AnotherPerson, "*", 200, "profiles are for everybody"),
    ("reportUser", AnotherPerson, "*", 200, "it is others whom one reports"),
    ("getRoomVisibilityOnDirectory", ForeignRoom, "*", 200, "the directory is for everybody"),
    ("reportRoom", UnknownRoom, "*", 200, SECRET_ROOMS),
    ("reportRoom", ForeignRoom, "*", 200, SECRET_ROOMS),
    ("reportRoom", InvalidIdentifier, "*", 200, SECRET_ROOMS),
    ("reportRoom", MissingField, "reason", 200, "clients of the proposal leave it out"),
    ("setAccountDataPerRoom", UnknownRoom, "*", 200, OWN_NOTES),
    ("setAccountDataPerRoom", ForeignRoom, "*", 200, OWN_NOTES),
    ("setAccountDataPerRoom", InvalidIdentifier, "*", 200, OWN_NOTES),
    ("getRoomTags", UnknownRoom, "*", 200, OWN_NOTES),
    ("getRoomTags", ForeignRoom, "*", 200, OWN_NOTES),
    ("getRoomTags", InvalidIdentifier, "*", 200, OWN_NOTES),
    ("setRoomTag", UnknownRoom, "*", 200, OWN_NOTES),
    ("setRoomTag", ForeignRoom, "*", 200, OWN_NOTES),
    ("setRoomTag", InvalidIdentifier, "*", 200, OWN_NOTES),
    ("deleteRoomTag", UnknownRoom, "*", 200, OWN_NOTES),
    ("deleteRoomTag", ForeignRoom, "*", 200, OWN_NOTES),
    ("deleteRoomTag", InvalidIdentifier, "*", 200, OWN_NOTES),
    ("queryPublicRooms", WrongType, "include_all_networks", 200, NO_NETWORKS),
    ("queryPublicRooms", WrongType, "third_party_instance_id", 200, NO_NETWORKS),
    ("setPushRule", WrongType, "pattern", 200, "it belongs to rules of another kind, and is not read"),
    ("unban", PowerTooLow, "*", 403, "nobody is banned, which is told first"),
    ("postPusher", MissingField, "kind", 200, "read as null: there is no such pusher to remove"),
];

/// Whether this answer to a case is right all the same.
pub(super) fn is(operation: &str, kind: Kind, what: &str, status: u16) -> bool {
    LENIENCIES.iter().any(|(of, in_case, wrong, answered, _)| {
        (*of == "*" || *of == operation)
            && *in_case == kind
            && (*wrong == "*" || what.split(' ').next() == Some(wrong))
            && *answered == status
    })
}
