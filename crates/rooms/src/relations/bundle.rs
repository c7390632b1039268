//! What relates to an event, summed up beside it: `m.relations` under `unsigned`.
//!
//! `spec/content/client-server-api/_index.md`, "Aggregations of child events". For one person:
//! without what they may not see, what is redacted, and what people wrote whom they ignore. Events
//! that nothing relates to cost one read of the index together, and none when nothing came after.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use base::number::{EventNo, TimelineOrd};
use ruma_common::OwnedEventId;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use store::{Direction, Prefix};

use super::threads::Thread;
use crate::error::RoomError;
use crate::event::{Stored, damaged, key_of_id};
use crate::relation::Kin;
use crate::tables::{EDITS, RELATED};
use crate::view::{Shown, Viewer};

/// Rows of the index read at most for each event, when a whole stretch is read at once.
const ROWS: usize = 4;
/// Edits looked at most for the newest that a person may see.
const EDITS_SEEN: usize = 50;

/// What relates to each event, as JSON.
pub(crate) type Bundles = HashMap<EventNo, Box<RawValue>>;
/// In which ways others relate to an event.
type Marks = Vec<u8>;

#[derive(Default, Serialize)]
struct Bundle {
    #[serde(rename = "m.reference", skip_serializing_if = "Option::is_none")]
    references: Option<References>,
    #[serde(rename = "m.replace", skip_serializing_if = "Option::is_none")]
    edit: Option<Box<RawValue>>,
    #[serde(rename = "m.thread", skip_serializing_if = "Option::is_none")]
    thread: Option<ThreadSummary>,
}

#[derive(Serialize)]
struct References {
    chunk: Vec<Reference>,
}

#[derive(Serialize)]
struct Reference {
    event_id: OwnedEventId,
}

#[derive(Serialize)]
struct ThreadSummary {
    latest_event: Box<RawValue>,
    count: u64,
    current_user_participated: bool,
}

impl Viewer {
    /// What relates to events that the person sees.
    pub(crate) async fn bundles(&self, events: &[Arc<Stored>]) -> Result<Bundles, RoomError> {
        // "State events do not currently receive bundled aggregations."
        let said = events.iter().filter(|event| event.pdu.state_key().is_none()).cloned();
        let said: Vec<_> = said.collect();
        let marks = self.marks(&said).await?;
        let mut bundles = Bundles::new();
        for event in &said {
            let Some(marks) = marks.get(&event.no) else { continue };
            let mut bundle = self.bundle(event, marks).await?;
            if marks.contains(&Kin::Reply.key()[0])
                && let Some(thread) = self.thread(event).await?
            {
                bundle.thread = Some(self.summary(thread).await?);
            }
            bundle.put(event.no, &mut bundles)?;
        }
        Ok(bundles)
    }

    /// A thread in the client's form. What relates to its newest reply stands beside that; no
    /// thread does, as none can be in another.
    async fn summary(&self, thread: Thread) -> Result<ThreadSummary, RoomError> {
        let Thread { latest, count, participated } = thread;
        let event = latest.stored();
        let mut inner = Bundles::new();
        if let Some(marks) = self.marks(std::slice::from_ref(event)).await?.get(&event.no) {
            self.bundle(event, marks).await?.put(event.no, &mut inner)?;
        }
        let latest_event = raw(self.json_with(&latest, &inner).await?)?;
        Ok(ThreadSummary { latest_event, count, current_user_participated: participated })
    }

    /// References and edits of an event.
    async fn bundle(&self, event: &Arc<Stored>, marks: &Marks) -> Result<Bundle, RoomError> {
        let mut bundle = Bundle::default();
        if marks.contains(&Kin::Reference.key()[0]) {
            let id = |one: &Shown| Reference { event_id: one.stored().id().to_owned() };
            let chunk: Vec<_> = self.references(event).await?.iter().map(id).collect();
            bundle.references = (!chunk.is_empty()).then_some(References { chunk });
        }
        // "If the original event is redacted, any m.replace should not be bundled with it."
        if marks.contains(&Kin::Edit.key()[0])
            && event.redacted_by.is_none()
            && let Some(edit) = self.newest_edit(event).await?
        {
            bundle.edit = Some(raw(self.json_with(&edit, &Bundles::new()).await?)?);
        }
        Ok(bundle)
    }

    /// The newest valid edit of an event that the person sees.
    async fn newest_edit(&self, original: &Stored) -> Result<Option<Shown>, RoomError> {
        if self.ignores(original) {
            return Ok(None);
        }
        let part = Prefix::of(&(original.room, key_of_id(original.id())));
        for limit in [1, EDITS_SEEN] {
            let store = &self.rooms().0.store;
            let rows = EDITS.scan(store, &part, Direction::Backward, limit).await?;
            let numbers: Vec<_> = rows.iter().map(|(_, no)| *no).collect();
            for edit in self.rooms().events(&numbers).await? {
                if edit.relation().is_some_and(|one| one.is(Kin::Edit, original.id()))
                    && let Some(shown) = self.show(&edit).await?
                {
                    return Ok(Some(shown));
                }
            }
            if rows.len() < limit {
                break;
            }
        }
        Ok(None)
    }

    /// In which ways others relate to events: nothing is there for those that nothing relates to.
    pub(super) async fn marks(
        &self,
        events: &[Arc<Stored>],
    ) -> Result<HashMap<EventNo, Marks>, RoomError> {
        // Whatever relates to an event came after it.
        let last = self.current().last();
        let older = events.iter().filter(|event| event.ord < last);
        let places: BTreeMap<_, _> = older.map(|event| (event.ord, event.no)).collect();
        let mut marks = HashMap::<_, Marks>::new();
        for (ord, [kin]) in self.marked(&places).await? {
            if let Some(no) = places.get(&ord) {
                marks.entry(*no).or_default().push(kin);
            }
        }
        Ok(marks)
    }

    /// Rows of the index for events at these places, and perhaps for others between them.
    async fn marked(
        &self,
        places: &BTreeMap<TimelineOrd, EventNo>,
    ) -> Result<Vec<(TimelineOrd, [u8; 1])>, RoomError> {
        let (Some((first, _)), Some((last, _))) =
            (places.first_key_value(), places.last_key_value())
        else {
            return Ok(Vec::new());
        };
        let (store, room) = (&self.rooms().0.store, self.room().no);
        let beyond = (room, TimelineOrd(last.0.saturating_add(1)));
        let part = Prefix::of(&room).from(&(room, *first)).before(&beyond);
        let most = places.len() * ROWS + ROWS;
        let mut rows = RELATED.scan(store, &part, Direction::Forward, most).await?;
        if rows.len() == most {
            // Much lies between them that is not asked for.
            let parts: Vec<_> = places.keys().map(|ord| Prefix::of(&(room, *ord))).collect();
            rows = RELATED.all_of(store, &parts).await?.into_iter().flatten().collect();
        }
        Ok(rows.into_iter().map(|((_, ord, kin), ())| (ord, kin)).collect())
    }
}

impl Bundle {
    fn put(self, no: EventNo, bundles: &mut Bundles) -> Result<(), RoomError> {
        if self.references.is_some() || self.edit.is_some() || self.thread.is_some() {
            bundles.insert(no, to_raw_value(&self).map_err(|error| damaged(&error))?);
        }
        Ok(())
    }
}

fn raw(text: String) -> Result<Box<RawValue>, RoomError> {
    RawValue::from_string(text).map_err(|error| damaged(&error))
}
