//! Paging through a timeline, and what stands around one event.

use std::sync::Arc;

use base::number::{RoomNo, TimelineOrd};
use ruma_common::EventId;
use store::{Direction, Prefix};

use crate::error::RoomError;
use crate::event::Stored;
use crate::load::Rooms;
use crate::room::Room;
use crate::tables::TIMELINE;
use crate::view::{Shown, Viewer};

/// Events read at a time, at most, while looking for those that the viewer may see.
const STEP: usize = 100;
/// Events read at a time at least.
const SMALLEST_STEP: usize = 16;
/// Steps at most for one page: a filter that admits none of a long history ends too.
const STEPS: usize = 50;

/// Which way to page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Towards the past.
    Back,
    /// Towards the present.
    Forward,
}

/// What page of a timeline is asked for.
pub struct PageRequest<'a> {
    /// Start between events: the place of the event before the gap. `None` is the end to start at.
    pub from: Option<TimelineOrd>,
    /// Where to stop, likewise.
    pub to: Option<TimelineOrd>,
    /// Which way.
    pub way: Way,
    /// Events at most.
    pub limit: usize,
    /// Which events count.
    pub wanted: &'a (dyn Fn(&Stored) -> bool + Send + Sync),
}

/// A page of a timeline.
pub struct Page {
    /// The events, in the order of the way.
    pub events: Vec<Shown>,
    /// Where the next page starts; `None` when there is nothing more that way. A page may hold
    /// fewer events than asked for, and still have more beyond it.
    pub end: Option<TimelineOrd>,
}

/// What stands around an event.
pub struct Context {
    /// The event.
    pub event: Shown,
    /// Before it, newest first.
    pub before: Page,
    /// After it, oldest first.
    pub after: Page,
    /// State at the last event shown.
    pub state: Vec<Arc<Stored>>,
}

impl Rooms {
    /// One page of a room's timeline, as a person may see it, without what people wrote whom they
    /// ignore.
    pub async fn messages(
        &self,
        viewer: &Viewer,
        request: PageRequest<'_>,
    ) -> Result<Page, RoomError> {
        let mut events = Vec::new();
        let mut from = request.from;
        if request.limit == 0 {
            return Ok(Page { events, end: from });
        }
        for _ in 0..STEPS {
            let step = (request.limit - events.len()).clamp(SMALLEST_STEP, STEP);
            let part = stretch(viewer.room().no, from, request.to, request.way);
            let direction = match request.way {
                Way::Back => Direction::Backward,
                Way::Forward => Direction::Forward,
            };
            let rows = TIMELINE.scan(&self.0.store, &part, direction, step).await?;
            let numbers: Vec<_> = rows.iter().map(|(_, no)| *no).collect();
            let found = self.events(&numbers).await?;
            let looked_for = viewer.looks_for(&found).await?;
            for event in found {
                from = Some(gap_beyond(event.ord, request.way));
                if (request.wanted)(&event)
                    && !viewer.ignores(&event)
                    && looked_for.as_ref().is_none_or(|some| some.contains(&event.no))
                    && let Some(shown) = viewer.show(&event).await?
                {
                    events.push(shown);
                }
                if events.len() >= request.limit {
                    return Ok(Page { events, end: from });
                }
            }
            if rows.len() < step {
                return Ok(Page { events, end: None });
            }
        }
        Ok(Page { events, end: from })
    }

    /// What stands around an event.
    pub async fn context(
        &self,
        viewer: &Viewer,
        (event_id, limit): (&EventId, usize),
        wanted: &(dyn Fn(&Stored) -> bool + Send + Sync),
    ) -> Result<Context, RoomError> {
        let event = self.event(viewer, event_id).await?;
        let ord = event.stored().ord;
        let page =
            |from, way, limit| PageRequest { from: Some(from), to: None, way, limit, wanted };
        let before = page(gap_beyond(ord, Way::Back), Way::Back, limit / 2);
        let before = self.messages(viewer, before).await?;
        let after = page(ord, Way::Forward, limit - limit / 2);
        let after = self.messages(viewer, after).await?;
        let last = after.events.last().unwrap_or(&event).stored();
        let state = self.state_at_place(viewer.room(), last.ord).await?;
        Ok(Context { event, before, after, state })
    }

    /// The newest events of a room after a place, newest first, `limit` at most.
    pub async fn newest(
        &self,
        room: &Room,
        after: Option<TimelineOrd>,
        upto: TimelineOrd,
        limit: usize,
    ) -> Result<Vec<Arc<Stored>>, RoomError> {
        let part = stretch(room.no, Some(upto), after, Way::Back);
        let rows = TIMELINE.scan(&self.0.store, &part, Direction::Backward, limit).await?;
        let numbers: Vec<_> = rows.iter().map(|(_, no)| *no).collect();
        self.events(&numbers).await
    }
}

/// The part of the timeline that a page may take from. Places name gaps: the gap after an event.
fn stretch(room: RoomNo, from: Option<TimelineOrd>, to: Option<TimelineOrd>, way: Way) -> Prefix {
    let after = |ord: TimelineOrd| (room, TimelineOrd(ord.0.saturating_add(1)));
    let part = Prefix::of(&room);
    let (low, high) = match way {
        Way::Back => (to, from),
        Way::Forward => (from, to),
    };
    let part = low.map_or(part.clone(), |low| part.from(&after(low)));
    high.map_or(part.clone(), |high| part.before(&after(high)))
}

/// The gap beyond an event, on the way.
pub(crate) fn gap_beyond(ord: TimelineOrd, way: Way) -> TimelineOrd {
    match way {
        Way::Back => TimelineOrd(ord.0 - 1),
        Way::Forward => ord,
    }
}
