//! The state of a room that a device asked for, as far as it was not told before.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use base::number::EventNo;
use rooms::{Current, Shown, StateKey, Stored};
use ruma_common::{OwnedUserId, UserId};

use super::required::Required;
use crate::SyncError;
use crate::make::Maker;
use crate::moment::{Moment, StateChange, member_key};
use crate::timeline::Window;

const MEMBER: &str = "m.room.member";

/// Which state is asked for.
pub(crate) struct Asked<'a> {
    pub(crate) required: &'a Required,
    /// What was asked for when the room was told of last; none when everything is to be told.
    pub(crate) had: Option<&'a Required>,
    /// What is otherwise than it was told.
    pub(crate) changes: &'a [StateChange],
    /// As it was here.
    pub(crate) end: Moment,
    /// The room as it is, which nearly always is as it was at the end.
    pub(crate) current: &'a Current,
    pub(crate) window: &'a Window,
    /// Events of members that were told.
    pub(crate) members: &'a HashSet<EventNo>,
}

impl Asked<'_> {
    fn wants(&self, (kind, key): &StateKey) -> bool {
        self.required.wants(kind, key)
    }

    fn had(&self, (kind, key): &StateKey) -> bool {
        self.had.is_some_and(|had| had.wants(kind, key))
    }

    /// A change that is told: also of members who come as they are needed, when nothing is missing
    /// of what happened, so that clients can rely on whom they know.
    fn tells(&self, key: &StateKey) -> bool {
        let lazily = self.required.is_lazy() && key.0 == MEMBER && !self.window.limited;
        lazily || self.wants(key)
    }

    /// Members without whom the timeline cannot be shown.
    fn needed(&self) -> BTreeSet<OwnedUserId> {
        let mut needed = BTreeSet::new();
        for event in self.window.events.iter().map(Shown::stored) {
            needed.insert(event.sender().to_owned());
            if event.kind() == MEMBER {
                needed.extend(event.pdu.state_key().and_then(|key| UserId::parse(key).ok()));
            }
        }
        needed
    }
}

impl Maker<'_> {
    /// The state that is asked for, in the order in which it was set.
    pub(crate) async fn required(&self, asked: &Asked<'_>) -> Result<Vec<Arc<Stored>>, SyncError> {
        let rooms = &self.sources.rooms;
        let mut entries: BTreeMap<StateKey, EventNo> = BTreeMap::new();
        if asked.had.is_none_or(|had| asked.required.may_exceed(had)) {
            let wanted = self.wanted(asked).await?;
            entries.extend(wanted.into_iter().filter(|(key, _)| !asked.had(key)));
        }
        let changes = asked.changes.iter().filter(|(key, _)| asked.tells(key));
        entries.extend(changes.cloned());
        if asked.required.is_lazy() {
            for user in asked.needed() {
                let key = member_key(&user);
                let member = match asked.end.get(rooms, &key).await? {
                    Some(member) if !asked.members.contains(&member) => member,
                    _ => continue,
                };
                entries.entry(key).or_insert(member);
            }
        }
        let mut events = self.read(entries.into_values()).await?;
        events.sort_by_key(|event| event.ord);
        Ok(events)
    }

    /// All state that is wanted.
    async fn wanted(&self, asked: &Asked<'_>) -> Result<Vec<StateChange>, SyncError> {
        let rooms = &self.sources.rooms;
        let now = asked.end.is(asked.current);
        let mut wanted = Vec::new();
        if let Some(names) = asked.required.names() {
            for key in names {
                let found = if now {
                    asked.current.state.get(&key).map(|event| event.no)
                } else {
                    asked.end.get(rooms, &key).await?
                };
                wanted.extend(found.map(|event| (key, event)));
            }
        } else if now {
            let state = asked.current.state.iter().filter(|(key, _)| asked.wants(key));
            wanted.extend(state.map(|(key, event)| (key.clone(), event.no)));
        } else {
            wanted = asked.end.whole(rooms).await?;
            wanted.retain(|(key, _)| asked.wants(key));
        }
        Ok(wanted)
    }
}
