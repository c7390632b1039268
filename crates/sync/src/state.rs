//! The state that an answer tells of, and which members of a room it leaves out.
//!
//! `spec/content/client-server-api/_index.md`, "Lazy-loading room members".

use std::collections::{BTreeMap, BTreeSet};

use base::number::EventNo;
use rooms::{Shown, StateKey, Viewer};
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
}

impl Maker<'_> {
    /// State of a room in the form that was asked for.
    pub(crate) async fn state(&self, viewer: &Viewer, told: &Told<'_>) -> Result<State, SyncError> {
        let filter = &self.wishes.filter.room.state;
        let mut events = Vec::new();
        if filter.admits_room(&viewer.room().id) {
            let entries = match told.base {
                Some(base) => told.end.since(&self.sources.rooms, base).await?,
                None => told.end.whole(&self.sources.rooms).await?,
            };
            let mut entries: BTreeMap<_, _> = entries.into_iter().collect();
            if filter.lazy_load_members {
                self.choose_members(&mut entries, told).await?;
            }
            let numbers: Vec<_> = entries.into_values().collect();
            events = self.sources.rooms.events(&numbers).await?;
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
        Ok(if self.wishes.state_after { State::After(events) } else { State::Before(events) })
    }

    /// Of all members, takes those who are needed to show the timeline. Members that changed in a
    /// gap stay, and those needed who were not sent before are added.
    async fn choose_members(
        &self,
        entries: &mut BTreeMap<StateKey, EventNo>,
        told: &Told<'_>,
    ) -> Result<(), SyncError> {
        let senders = told.window.events.iter().map(|event| event.stored().sender());
        let mut needed: BTreeSet<&UserId> = senders.collect();
        needed.extend(told.heroes.iter().map(|hero| &**hero));
        if told.base.is_none() {
            needed.insert(self.user());
            let is_needed = |id: &str| needed.iter().any(|user| user.as_str() == id);
            entries.retain(|(kind, key), _| kind != "m.room.member" || is_needed(key));
            return Ok(());
        }
        let redundant = self.wishes.filter.room.state.include_redundant_members;
        for user in needed {
            let key = member_key(user);
            if let Some(member) = told.end.get(&self.sources.rooms, &key).await?
                && (redundant || !self.seat.memory.was_sent(self.device, member))
            {
                entries.entry(key).or_insert(member);
            }
        }
        Ok(())
    }
}
