//! The threads of a room, those with the newest replies first.
//!
//! `spec/content/client-server-api/modules/threading.md`, "Querying threads in a room".

use std::sync::Arc;

use base::number::TimelineOrd;
use store::{Direction, Prefix};

use super::page::stretch;
use crate::error::RoomError;
use crate::event::Stored;
use crate::load::Rooms;
use crate::messages::{Page, Way, gap_beyond};
use crate::tables::THREADS;
use crate::view::{Shown, Viewer};

/// Threads read at a time, at most.
const STEP: usize = 100;
/// Steps at most for one page.
const STEPS: usize = 20;

/// Which threads are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Include {
    /// All.
    All,
    /// Those that the person wrote in, or began.
    Participated,
}

/// Which page of a room's threads is asked for.
#[derive(Clone, Copy, Debug)]
pub struct ThreadsRequest {
    /// Which threads.
    pub include: Include,
    /// Only those whose newest reply is at or before this place.
    pub from: Option<TimelineOrd>,
    /// Threads at most.
    pub limit: usize,
}

impl Rooms {
    /// A page of the roots of a room's threads, as far as a person may see them.
    pub async fn threads(
        &self,
        viewer: &Viewer,
        request: ThreadsRequest,
    ) -> Result<Page, RoomError> {
        let room = viewer.room().no;
        let mut events = Vec::new();
        let mut from = request.from;
        for _ in 0..STEPS {
            let step = (request.limit - events.len()).clamp(1, STEP);
            let part = stretch(Prefix::of(&room), |ord| (room, ord), (from, None), Way::Back);
            // One more than is needed, to know whether there is more.
            let mut rows =
                THREADS.scan(&self.0.store, &part, Direction::Backward, step + 1).await?;
            let more = rows.len() > step;
            rows.truncate(step);
            let numbers: Vec<_> = rows.iter().map(|(_, root)| *root).collect();
            let roots = self.events(&numbers).await?;
            for (((_, ord), _), root) in rows.iter().zip(&roots) {
                from = Some(gap_beyond(*ord, Way::Back));
                events.extend(self.thread_root_for(viewer, root, request.include).await?);
            }
            if !more {
                return Ok(Page { events, end: None });
            }
            if events.len() >= request.limit {
                break;
            }
        }
        Ok(Page { events, end: from })
    }

    /// The root of a thread that a person is shown. That of an ignored person is shown redacted.
    async fn thread_root_for(
        &self,
        viewer: &Viewer,
        root: &Arc<Stored>,
        include: Include,
    ) -> Result<Option<Shown>, RoomError> {
        let ignored = if viewer.ignores(root) { Some(viewer.without_body(root)?) } else { None };
        let Some(shown) = viewer.show(ignored.as_ref().unwrap_or(root)).await? else {
            return Ok(None);
        };
        let thread = viewer.thread(root).await?;
        let wanted = |participated| include == Include::All || participated;
        Ok(thread.is_some_and(|thread| wanted(thread.participated)).then_some(shown))
    }
}
