//! The state that an answer tells of, and which members of a room it leaves out.
//!
//! `spec/content/client-server-api/_index.md`, "Lazy-loading room members".

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use base::number::EventNo;
use rooms::{Current, Shown, StateKey, Stored, Viewer};
use ruma_common::{OwnedUserId, UserId};

use crate::SyncError;
use crate::answer::State;
use crate::make::Maker;
use crate::moment::{Moment, member_key};
use crate::timeline::Window;

/// Which state of a room is told.
pub(crate) struct Told<'a> {
    /// Only what is otherwise than here; all, when nothing was told before.
    pub(crate) base: Option<Moment>,
    /// As it was here.
    pub(crate) end: Moment,
    /// What is shown of the timeline.
    pub(crate) window: &'a Window,
    /// Whom the room is named by.
    pub(crate) heroes: &'a [OwnedUserId],
    /// The room as it is, which nearly always is as it was at the end.
    pub(crate) current: &'a Current,
}

impl Maker<'_> {
    /// State of a room in the form that was asked for.
    pub(crate) async fn state(&self, viewer: &Viewer, told: &Told<'_>) -> Result<State, SyncError> {
        let filter = &self.wishes.filter.room.state;
        let mut events = Vec::new();
        if filter.admits_room(&viewer.room().id) {
            events = match told.base {
                None => self.whole_state(told).await?,
                Some(base) => self.state_since(base, told).await?,
            };
            events.retain(|event| filter.admits(event));
            events.sort_by_key(|event| event.ord);
        }
        if filter.lazy_load_members {
            let shown = told.window.events.iter().map(Shown::stored);
            let members = events.iter().chain(shown).filter(|e| e.kind() == "m.room.member");
            let members = members.map(|event| event.no);
            self.seat.memory.keep_sent(self.device, members, self.upto.position);
        }
        let events = viewer.state_json(&events).await?;
        let events = self.wishes.filter.only_fields(events);
        Ok(if self.wishes.state_after { State::After(events) } else { State::Before(events) })
    }

    /// All state. Of all members, those who are needed to show the timeline.
    async fn whole_state(&self, told: &Told<'_>) -> Result<Vec<Arc<Stored>>, SyncError> {
        let mut needed = told.needed();
        needed.insert(self.user());
        let lazy = self.wishes.filter.room.state.lazy_load_members;
        let wanted = |(kind, key): &StateKey| {
            !lazy || kind != "m.room.member" || needed.iter().any(|user| user.as_str() == key)
        };
        if told.end.is(told.current) {
            let entries = told.current.state.iter().filter(|(key, _)| wanted(key));
            return Ok(entries.map(|(_, event)| Arc::clone(event)).collect());
        }
        let mut entries = told.end.whole(&self.sources.rooms).await?;
        entries.retain(|(key, _)| wanted(key));
        self.read(entries.into_iter().map(|(_, event)| event)).await
    }

    /// State that is otherwise than it was. Members that changed in a gap are told whether they are
    /// needed or not, and those needed who were not sent before are added.
    async fn state_since(
        &self,
        base: Moment,
        told: &Told<'_>,
    ) -> Result<Vec<Arc<Stored>>, SyncError> {
        let rooms = &self.sources.rooms;
        let mut entries: BTreeMap<_, _> = told.end.since(rooms, base).await?.into_iter().collect();
        let filter = &self.wishes.filter.room.state;
        if filter.lazy_load_members {
            for user in told.needed() {
                let key = member_key(user);
                if let Some(member) = told.end.get(rooms, &key).await?
                    && (filter.include_redundant_members
                        || !self.seat.memory.was_sent(self.device, member))
                {
                    entries.entry(key).or_insert(member);
                }
            }
        }
        self.read(entries.into_values()).await
    }

    pub(crate) async fn read(
        &self,
        numbers: impl Iterator<Item = EventNo>,
    ) -> Result<Vec<Arc<Stored>>, SyncError> {
        let numbers: Vec<_> = numbers.collect();
        Ok(self.sources.rooms.events(&numbers).await?)
    }
}

impl<'a> Told<'a> {
    /// Members without whom the timeline cannot be shown, nor the room be named.
    fn needed(&self) -> BTreeSet<&'a UserId> {
        let senders = self.window.events.iter().map(|event| event.stored().sender());
        senders.chain(self.heroes.iter().map(|hero| &**hero)).collect()
    }
}
