//! Looking only for events that others relate to: `related_by_senders`, `related_by_rel_types`.
//!
//! `spec/proposals/3440-threading-via-relations.md`, "Fetch all relations to a thread root".

use std::collections::HashSet;
use std::sync::Arc;

use base::number::EventNo;
use ruma_common::OwnedUserId;
use store::{Direction, Prefix};

use crate::error::RoomError;
use crate::event::{Stored, key_of_id};
use crate::relation::rel_hash;
use crate::tables::CHILDREN;
use crate::view::Viewer;

/// Relations of one event looked at most.
const LONGEST: usize = 1_000;
/// Relations looked at, at a time.
const STEP: usize = 50;

/// What events must be related to by, to be looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelatedBy {
    /// By events of one of these senders.
    pub senders: Option<Vec<OwnedUserId>>,
    /// In one of these ways.
    pub rel_types: Option<Vec<String>>,
}

impl Viewer {
    /// The same person, looking only for events that others relate to so.
    #[must_use]
    pub fn related_by(mut self, related: Option<RelatedBy>) -> Self {
        self.related = related;
        self
    }

    /// Of these events, those that the person looks for; `None` when that is all of them.
    pub async fn looks_for(
        &self,
        events: &[Arc<Stored>],
    ) -> Result<Option<HashSet<EventNo>>, RoomError> {
        let Some(related) = &self.related else { return Ok(None) };
        let marks = self.marks(events).await?;
        let mut found = HashSet::new();
        for event in events.iter().filter(|event| marks.contains_key(&event.no)) {
            if self.is_related(event, related).await? {
                found.insert(event.no);
            }
        }
        Ok(Some(found))
    }

    async fn is_related(&self, parent: &Stored, by: &RelatedBy) -> Result<bool, RoomError> {
        let rels: Option<Vec<_>> =
            by.rel_types.as_ref().map(|types| types.iter().map(|one| rel_hash(one)).collect());
        let mut part = Prefix::of(&(parent.room, key_of_id(parent.id()), [1_u8]));
        for _ in 0..LONGEST / STEP {
            let rooms = self.rooms();
            let rows = CHILDREN.scan(&rooms.0.store, &part, Direction::Forward, STEP).await?;
            let wanted = |rel| rels.as_ref().is_none_or(|rels| rels.contains(rel));
            let numbers: Vec<_> =
                rows.iter().filter(|(_, row)| wanted(&row.rel)).map(|(_, row)| row.event).collect();
            for event in rooms.events(&numbers).await? {
                let relates =
                    event.relation().is_some_and(|relation| relation.parent == parent.id());
                let senders = by.senders.as_ref();
                if relates
                    && senders.is_none_or(|senders| senders.iter().any(|one| one == event.sender()))
                    && !self.ignores(&event)
                    && self.show(&event).await?.is_some()
                {
                    return Ok(true);
                }
            }
            match rows.last() {
                Some((key, _)) if rows.len() == STEP => part = part.after(key),
                _ => break,
            }
        }
        Ok(false)
    }
}
