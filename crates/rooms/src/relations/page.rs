//! What relates to an event, page by page: directly, or through what relates to it.

use std::sync::Arc;

use base::number::TimelineOrd;
use ruma_common::EventId;
use store::{Direction, Prefix};

use super::index::STEPS as DEPTH;
use crate::error::RoomError;
use crate::event::Stored;
use crate::load::Rooms;
use crate::messages::{Page, Way, gap_beyond};
use crate::relation::{ParentKey, Relation, rel_hash};
use crate::tables::{CHILDREN, ChildRow};
use crate::view::Viewer;

/// Rows read at a time, at most.
const STEP: usize = 100;
/// Rows read at a time at least.
const SMALLEST_STEP: usize = 16;
/// Steps at most for one page.
const STEPS: usize = 50;

/// Which of an event's relations are asked for.
pub struct RelationsRequest<'a> {
    /// The event that is related to.
    pub parent: &'a EventId,
    /// How, when not in any way.
    pub rel_type: Option<&'a str>,
    /// By events of which type, when not of any.
    pub kind: Option<&'a str>,
    /// Also through others that relate to it so.
    pub recurse: bool,
    /// Start between events: the place of the event before the gap. `None` is the end to start at.
    pub from: Option<TimelineOrd>,
    /// Where to stop, likewise.
    pub to: Option<TimelineOrd>,
    /// Which way.
    pub way: Way,
    /// Events at most.
    pub limit: usize,
}

impl RelationsRequest<'_> {
    /// Relations followed at most from an event to the one asked about, when others lie between.
    pub const DEPTH: u8 = DEPTH;

    /// Whether an event relates to another so.
    fn admits(&self, event: &Stored, relation: &Relation) -> bool {
        self.rel_type.is_none_or(|rel_type| rel_type == relation.rel_type)
            && self.kind.is_none_or(|kind| kind == event.kind())
    }
}

impl Rooms {
    /// A page of what relates to an event that a person may see, as far as they may see it.
    pub async fn relations(
        &self,
        viewer: &Viewer,
        request: RelationsRequest<'_>,
    ) -> Result<Page, RoomError> {
        let parent = self.event(viewer, request.parent).await?;
        let parent = crate::event::key_of_id(parent.stored().id());
        let rel = request.rel_type.map(rel_hash);
        let mut events = Vec::new();
        let mut from = request.from;
        for _ in 0..STEPS {
            let step = (request.limit - events.len()).clamp(SMALLEST_STEP, STEP);
            let rows = self.related_rows(viewer, parent, (&request, from), step).await?;
            let more = rows.len() == step;
            let wanted = |row: &ChildRow| rel.is_none_or(|rel| rel == row.rel);
            let numbers: Vec<_> =
                rows.iter().filter(|(_, row)| wanted(row)).map(|(_, row)| row.event).collect();
            for event in self.events(&numbers).await? {
                if !viewer.ignores(&event)
                    && self.leads_to(&event, &request).await?
                    && let Some(shown) = viewer.show(&event).await?
                {
                    events.push(shown);
                }
                from = Some(gap_beyond(event.ord, request.way));
                if events.len() >= request.limit {
                    let more = more || rows.last().is_some_and(|(last, _)| *last != event.ord);
                    return Ok(Page { events, end: from.filter(|_| more) });
                }
            }
            if !more {
                return Ok(Page { events, end: None });
            }
            from = rows.last().map(|(ord, _)| gap_beyond(*ord, request.way));
        }
        Ok(Page { events, end: from })
    }

    /// The next rows of the index, in the order of the way.
    async fn related_rows(
        &self,
        viewer: &Viewer,
        parent: ParentKey,
        (request, from): (&RelationsRequest<'_>, Option<TimelineOrd>),
        step: usize,
    ) -> Result<Vec<(TimelineOrd, ChildRow)>, RoomError> {
        let direction = match request.way {
            Way::Back => Direction::Backward,
            Way::Forward => Direction::Forward,
        };
        let depth = if request.recurse { DEPTH } else { 1 };
        let mut found = Vec::new();
        // The first of all are among the first of each.
        for steps in 1..=depth {
            let key = |ord| (viewer.room().no, parent, [steps], ord);
            let part = Prefix::of(&(viewer.room().no, parent, [steps]));
            let part = stretch(part, key, (from, request.to), request.way);
            let rows = CHILDREN.scan(&self.0.store, &part, direction, step).await?;
            found.extend(rows.into_iter().map(|((_, _, _, ord), row)| (ord, row)));
        }
        found.sort_by_key(|(ord, _)| *ord);
        if request.way == Way::Back {
            found.reverse();
        }
        found.truncate(step);
        Ok(found)
    }

    /// Whether an event leads to the one asked about by relations that are all asked for. What was
    /// redacted or erased between them breaks the chain.
    async fn leads_to(
        &self,
        event: &Arc<Stored>,
        request: &RelationsRequest<'_>,
    ) -> Result<bool, RoomError> {
        let mut event = Arc::clone(event);
        for _ in 0..DEPTH {
            let Some(relation) = event.relation() else { return Ok(false) };
            if !request.admits(&event, &relation) {
                return Ok(false);
            }
            if relation.parent == request.parent {
                return Ok(true);
            }
            match self.event_in(event.room, &relation.parent).await? {
                Some(parent) => event = parent,
                None => return Ok(false),
            }
        }
        Ok(false)
    }
}

/// A part of an index by place, between two gaps of the timeline.
pub(super) fn stretch<K: store::Key>(
    part: Prefix,
    key: impl Fn(TimelineOrd) -> K,
    (from, to): (Option<TimelineOrd>, Option<TimelineOrd>),
    way: Way,
) -> Prefix {
    let after = |ord: TimelineOrd| key(TimelineOrd(ord.0.saturating_add(1)));
    let (low, high) = match way {
        Way::Back => (to, from),
        Way::Forward => (from, to),
    };
    let part = low.map_or(part.clone(), |low| part.from(&after(low)));
    high.map_or(part.clone(), |high| part.before(&after(high)))
}
