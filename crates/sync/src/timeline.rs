//! The part of a room's timeline that an answer tells of.

use std::sync::Arc;

use base::number::{LogPosition, TimelineOrd};
use journal::Span;
use rooms::{Room, Rooms, Shown, Stored, TimelineToken, Viewer};
use store::Store;

use crate::SyncError;
use crate::moment::Moment;

/// Arrivals read at first: most answers need no more.
const FIRST: usize = 24;
/// Events read at a time beyond them.
const PAGE: usize = 100;
/// Events looked at most for those that the filter admits.
const LONGEST: usize = 1_000;

/// What came into a room within a span of the log.
pub(crate) struct Arrivals {
    /// The newest of it, oldest first: at least one.
    pub(crate) recent: Vec<Arc<Stored>>,
    /// The first of it; none when the span begins with the log, and so the room with the span.
    first: Option<Arc<Stored>>,
}

impl Arrivals {
    /// What came into a room within a span, if anything did.
    pub(crate) async fn read(
        (store, rooms): (&Store, &Rooms),
        room: &Room,
        span: Span,
    ) -> Result<Option<Self>, SyncError> {
        let rows = journal::newest_events(store, room.no, span, FIRST).await?;
        let numbers: Vec<_> = rows.iter().rev().map(|(_, arrival)| arrival.event).collect();
        let recent = rooms.events(&numbers).await?;
        let first = if span.after == LogPosition(0) {
            None
        } else if rows.len() < FIRST {
            recent.first().cloned()
        } else {
            let first = journal::first_event(store, room.no, span).await?;
            let numbers: Vec<_> = first.iter().map(|arrival| arrival.event).collect();
            rooms.events(&numbers).await?.pop()
        };
        Ok((!recent.is_empty()).then_some(Self { recent, first }))
    }

    /// The state before all of it.
    pub(crate) fn before(&self) -> Moment {
        self.first.as_deref().map(Moment::before).unwrap_or_default()
    }

    /// The place before all of it.
    pub(crate) fn start(&self) -> Option<TimelineOrd> {
        self.first.as_ref().map(|first| TimelineOrd(first.ord.0 - 1))
    }
}

/// The newest event of a room up to a position, and with it the state then.
pub(crate) async fn newest(
    (store, rooms): (&Store, &Rooms),
    room: &Room,
    upto: LogPosition,
) -> Result<Option<Arc<Stored>>, SyncError> {
    let span = Span { after: LogPosition(0), upto };
    let rows = journal::newest_events(store, room.no, span, 1).await?;
    let numbers: Vec<_> = rows.iter().map(|(_, arrival)| arrival.event).collect();
    Ok(rooms.events(&numbers).await?.pop())
}

/// A part of a timeline, as one person sees it.
pub(crate) struct Window {
    /// The events, oldest first.
    pub(crate) events: Vec<Shown>,
    /// Whether something was left out before them.
    pub(crate) limited: bool,
}

/// Which part of a timeline is wanted.
pub(crate) struct Wanted<'a> {
    /// After this place; `None` is from the beginning.
    pub(crate) after: Option<TimelineOrd>,
    /// Up to this place.
    pub(crate) upto: TimelineOrd,
    /// How many events at most.
    pub(crate) limit: usize,
    /// Which events count.
    pub(crate) admits: &'a (dyn Fn(&Stored) -> bool + Send + Sync),
}

impl Window {
    /// Reads the newest part of what is wanted, `recent` first: the newest events that are at hand.
    ///
    /// An event that the person may not see ends it, so that no state is skipped unnoticed.
    pub(crate) async fn read(
        rooms: &Rooms,
        viewer: &Viewer,
        recent: &[Arc<Stored>],
        wanted: Wanted<'_>,
    ) -> Result<Self, SyncError> {
        let mut window = Self { events: Vec::new(), limited: false };
        if wanted.limit == 0 {
            return Ok(window);
        }
        let within = |event: &Stored| {
            event.ord <= wanted.upto && wanted.after.is_none_or(|after| event.ord > after)
        };
        let mut page: Vec<_> = recent.iter().rev().filter(|event| within(event)).cloned().collect();
        let mut looked = 0;
        let mut upto = wanted.upto;
        loop {
            let looked_for = viewer.looks_for(&page).await?;
            let admits = |event: &Stored| {
                let passed = looked_for.as_ref().is_none_or(|some| some.contains(&event.no));
                passed && (wanted.admits)(event)
            };
            let wanted = Wanted { admits: &admits, ..wanted };
            for event in &page {
                upto = TimelineOrd(event.ord.0 - 1);
                if !window.take(viewer, event, &wanted).await? {
                    window.events.reverse();
                    return Ok(window);
                }
            }
            looked += page.len();
            if wanted.after.is_some_and(|after| upto <= after) {
                break;
            }
            if looked >= LONGEST {
                window.limited = true;
                break;
            }
            page = rooms.newest(viewer.room(), wanted.after, upto, PAGE).await?;
            if page.is_empty() {
                break;
            }
        }
        window.events.reverse();
        Ok(window)
    }

    /// Takes one more event at the front; `false` when there is to be no more.
    async fn take(
        &mut self,
        viewer: &Viewer,
        event: &Arc<Stored>,
        wanted: &Wanted<'_>,
    ) -> Result<bool, SyncError> {
        let shown = match viewer.show_own(event) {
            Some(shown) => Some(shown),
            None => viewer.show(event).await?,
        };
        let Some(shown) = shown else {
            self.limited = true;
            return Ok(false);
        };
        if !(wanted.admits)(event) {
            return Ok(true);
        }
        if self.events.len() >= wanted.limit {
            self.limited = true;
            return Ok(false);
        }
        self.events.push(shown);
        Ok(true)
    }

    /// The state before the first event; that of `end` when there is none.
    pub(crate) fn start(&self, end: Moment) -> Moment {
        self.events.first().map_or(end, |first| Moment::before(first.stored()))
    }

    /// Where the events before it are to be had (`prev_batch`).
    pub(crate) fn before(&self, end: TimelineOrd) -> TimelineToken {
        let first = self.events.first().map(|first| TimelineOrd(first.stored().ord.0 - 1));
        TimelineToken::After(first.unwrap_or(end))
    }
}
