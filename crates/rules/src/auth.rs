//! Authorisation: may this event follow that state? (`spec/content/rooms/`, "Authorization rules")

use ruma_common::EventId;
use ruma_common::room_version_rules::RoomVersionRules;
use ruma_events::StateEventType;
use ruma_state_res::{check_state_dependent_auth_rules, check_state_independent_auth_rules};

use crate::event::Pdu;

/// The rules say no, and why.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Denied(pub String);

/// Asks the rules of the room's version about an event: on its own, and after `state`.
///
/// `auth_event` finds the events that it names as allowing it.
pub fn authorise(
    rules: &RoomVersionRules,
    event: &Pdu,
    state: impl Fn(&str, &str) -> Option<Pdu>,
    auth_event: impl Fn(&EventId) -> Option<Pdu>,
) -> Result<(), Denied> {
    let rules = &rules.authorization;
    check_state_independent_auth_rules(rules, event, auth_event).map_err(Denied)?;
    let state = |kind: &StateEventType, key: &str| state(&kind.to_string(), key);
    check_state_dependent_auth_rules(rules, event, state).map_err(Denied)
}
