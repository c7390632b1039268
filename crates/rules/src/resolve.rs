//! State resolution: one state from several (`spec/content/rooms/v2.md`, `v12.md`).
//!
//! The algorithm is `ruma_state_res`'s; what it asks of a server, the chains of events that allow
//! each event, is worked out here from the events alone.

use std::collections::{BTreeMap, BTreeSet};

use ruma_common::room_version_rules::RoomVersionRules;
use ruma_common::{EventId, OwnedEventId};
use ruma_state_res::StateMap;
use ruma_state_res::utils::event_id_set::EventIdSet;

use crate::event::Pdu;
use crate::tree::StateKey;

/// The state of a room at one place of its graph.
pub type State = BTreeMap<StateKey, OwnedEventId>;

/// Why states cannot be resolved.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    /// The rooms of this version resolve by an algorithm that is not safe.
    #[error("this room version's state resolution is not supported")]
    Unsupported,
    /// An event is missing or malformed.
    #[error("state resolution: {0}")]
    Failed(String),
}

/// Resolves states into one. `event` finds every event of them and of what allows them.
pub fn resolve(
    rules: &RoomVersionRules,
    states: &[State],
    event: impl Fn(&EventId) -> Option<Pdu>,
) -> Result<State, ResolveError> {
    let algorithm = rules.state_res.v2_rules().ok_or(ResolveError::Unsupported)?;
    let maps: Vec<StateMap<OwnedEventId>> = states.iter().map(state_map).collect();
    let chains = states.iter().map(|state| auth_chain(state.values(), &event)).collect();
    let subgraph = |conflicted: &StateMap<Vec<OwnedEventId>>| {
        Some(conflicted_subgraph(conflicted.values().flatten(), &event))
    };
    let resolved =
        ruma_state_res::resolve(&rules.authorization, algorithm, &maps, chains, &event, subgraph);
    let resolved = resolved.map_err(|error| ResolveError::Failed(error.to_string()))?;
    Ok(resolved.into_iter().map(|((kind, key), id)| ((kind.to_string(), key), id)).collect())
}

fn state_map(state: &State) -> StateMap<OwnedEventId> {
    let entries = state.iter();
    entries.map(|((kind, key), id)| ((kind.as_str().into(), key.clone()), id.clone())).collect()
}

/// Everything that allows these events, directly or not.
fn auth_chain<'a>(
    events: impl Iterator<Item = &'a OwnedEventId>,
    event: &impl Fn(&EventId) -> Option<Pdu>,
) -> EventIdSet<OwnedEventId> {
    let mut chain = EventIdSet::new();
    let mut waiting: Vec<OwnedEventId> = Vec::new();
    let allowing = |id: &EventId, waiting: &mut Vec<OwnedEventId>| {
        waiting.extend(event(id).iter().flat_map(Pdu::auth_event_ids).map(ToOwned::to_owned));
    };
    for id in events {
        allowing(id, &mut waiting);
    }
    while let Some(id) = waiting.pop() {
        if !chain.contains(&id) {
            allowing(&id, &mut waiting);
            chain.insert(id);
        }
    }
    chain
}

/// The events on any way from one conflicted event to another along what allows them
/// (rooms/v12: "conflicted state subgraph"), the conflicted ones included.
fn conflicted_subgraph<'a>(
    conflicted: impl Iterator<Item = &'a OwnedEventId>,
    event: &impl Fn(&EventId) -> Option<Pdu>,
) -> EventIdSet<OwnedEventId> {
    let conflicted: BTreeSet<&OwnedEventId> = conflicted.collect();
    // Who is allowed by an event, among those below the conflicted ones.
    let mut allowed_by: BTreeMap<OwnedEventId, Vec<OwnedEventId>> = BTreeMap::new();
    let mut waiting: Vec<OwnedEventId> = conflicted.iter().map(|id| (*id).clone()).collect();
    let mut seen: BTreeSet<OwnedEventId> = waiting.iter().cloned().collect();
    while let Some(id) = waiting.pop() {
        for above in event(&id).iter().flat_map(Pdu::auth_event_ids) {
            allowed_by.entry(above.to_owned()).or_default().push(id.clone());
            if seen.insert(above.to_owned()) {
                waiting.push(above.to_owned());
            }
        }
    }
    // From each conflicted event back along the ways that led to it.
    let mut subgraph = EventIdSet::new();
    let mut waiting: Vec<OwnedEventId> = conflicted.into_iter().cloned().collect();
    while let Some(id) = waiting.pop() {
        if !subgraph.contains(&id) {
            waiting.extend(allowed_by.get(&id).into_iter().flatten().cloned());
            subgraph.insert(id);
        }
    }
    subgraph
}

#[cfg(test)]
mod tests;
