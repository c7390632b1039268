//! What notified a person, newest first (`GET /notifications`).
//!
//! Nothing is kept for it: the timelines of the person's rooms are walked back together, by the
//! places of their events in the log, and each event is asked as when it came.

use std::collections::{BinaryHeap, VecDeque};
use std::sync::Arc;

use base::clock::Timestamp;
use base::number::{EventNo, LogPosition, TimelineOrd};
use journal::Span;
use rooms::{Current, Membership, ReadUpTo, Room, Shown, Stored, Viewer};
use ruma_common::push::Action;
use ruma_common::{OwnedDeviceId, OwnedRoomId, UserId};

use crate::asked::{Asker, Notice};
use crate::attention::{Attention, came};
use crate::basis::Basis;
use crate::error::AttentionError;
use crate::unread::is_read;

/// Events of one page at most.
const LONGEST: usize = 100;
/// Events asked for one page at most: it may hold fewer than wanted, and more may follow.
const ASKED: usize = 1_000;
/// Events of one room read at a time, after the first.
const STEP: usize = 32;

/// What page of the list is wanted.
#[derive(Clone, Debug)]
pub struct NotificationQuery {
    /// Where to go on; the newest when not given.
    pub from: Option<String>,
    /// How many at most.
    pub limit: usize,
    /// Which.
    pub only: Only,
}

/// Which notifications are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Only {
    /// All.
    All,
    /// Those that stand out.
    Highlights,
}

/// An event that notified a person.
#[derive(Clone, Debug)]
pub struct Notification {
    /// Where.
    pub room_id: OwnedRoomId,
    /// The event, in the client's form.
    pub event: String,
    /// What it did.
    pub actions: Vec<Action>,
    /// Whether it was read.
    pub read: bool,
    /// When it came.
    pub at: Timestamp,
}

/// A page of the list.
#[derive(Clone, Debug, Default)]
pub struct NotificationPage {
    /// Newest first.
    pub notifications: Vec<Notification>,
    /// Where to go on; none when there is nothing more.
    pub next: Option<String>,
}

/// A room that is walked back.
struct Walk {
    room: Arc<Room>,
    current: Arc<Current>,
    viewer: Viewer,
    part: Part,
    waiting: VecDeque<(LogPosition, Arc<Stored>)>,
    /// Everything up to here is yet to be read.
    upto: LogPosition,
    /// What the person read, once it is known.
    read: Option<Vec<ReadUpTo>>,
}

/// What of a room may notify.
#[derive(Clone, Copy)]
enum Part {
    /// What came after the person did.
    After(TimelineOrd),
    /// The event that asks them to come.
    Invite(EventNo),
}

impl Attention {
    /// A page of what notified a person, as their rules are now.
    pub async fn notifications(
        &self,
        (user, device): (&UserId, OwnedDeviceId),
        query: &NotificationQuery,
    ) -> Result<NotificationPage, AttentionError> {
        let upto = match &query.from {
            Some(from) => parse(from)?,
            None => self.0.store.log_end(),
        };
        self.0.rooms.catch_up().await?;
        let basis = self.basis(user).await?;
        let mut walks = self.walks(user, &device, upto).await?;
        let mut heap = BinaryHeap::new();
        for (place, walk) in walks.iter_mut().enumerate() {
            heap.extend(self.next_of(walk, 1).await?.map(|position| (position, place)));
        }
        let mut page = NotificationPage::default();
        let mut asked = 0;
        while let Some((position, place)) = heap.pop() {
            if page.notifications.len() >= query.limit.clamp(1, LONGEST) || asked >= ASKED {
                page.next = Some(position.to_string());
                break;
            }
            let Some(walk) = walks.get_mut(place) else { continue };
            let Some((_, event)) = walk.waiting.pop_front() else { continue };
            asked += 1;
            if walk.part.ends_before(&event) {
                continue;
            }
            page.notifications.extend(self.tell(walk, (user, &basis), query.only, &event).await?);
            if !walk.part.ends_with(&event) {
                heap.extend(self.next_of(walk, STEP).await?.map(|position| (position, place)));
            }
        }
        Ok(page)
    }

    async fn walks(
        &self,
        user: &UserId,
        device: &OwnedDeviceId,
        upto: LogPosition,
    ) -> Result<Vec<Walk>, AttentionError> {
        let rooms = &self.0.rooms;
        let mut walks = Vec::new();
        for (room, membership) in rooms.memberships(user).await? {
            if !matches!(membership, Membership::Join | Membership::Invite) {
                continue;
            }
            let current = room.current();
            let Some(came) = came(rooms, &current, user).await? else { continue };
            let part = match membership {
                Membership::Invite => Part::Invite(came.no),
                _ => Part::After(came.ord),
            };
            let viewer =
                rooms.viewer_with((&room, Arc::clone(&current)), user, Some(device.clone()));
            let waiting = VecDeque::new();
            walks.push(Walk { room, current, viewer, part, waiting, upto, read: None });
        }
        Ok(walks)
    }

    /// The place of a room's next event, reading `step` more when there is none at hand.
    async fn next_of(
        &self,
        walk: &mut Walk,
        step: usize,
    ) -> Result<Option<LogPosition>, AttentionError> {
        if walk.waiting.is_empty() {
            let span = Span { after: LogPosition(0), upto: walk.upto };
            let found = journal::newest_events(&self.0.store, walk.room.no, span, step).await?;
            if let Some((last, _)) = found.last() {
                walk.upto = LogPosition(last.0.saturating_sub(1));
            }
            let numbers: Vec<_> = found.iter().map(|(_, arrival)| arrival.event).collect();
            let events = self.0.rooms.events(&numbers).await?;
            walk.waiting.extend(found.into_iter().map(|(position, _)| position).zip(events));
        }
        Ok(walk.waiting.front().map(|(position, _)| *position))
    }

    async fn tell(
        &self,
        walk: &mut Walk,
        (user, basis): (&UserId, &Basis),
        only: Only,
        event: &Arc<Stored>,
    ) -> Result<Option<Notification>, AttentionError> {
        let deaf = event.sender() == user || !basis.hears(user, event.sender());
        if deaf || event.redacted_by.is_some() || !walk.part.holds(event) {
            return Ok(None);
        }
        let rooms = &self.0.rooms;
        let joined = walk.current.joined;
        let mut asker = Asker::new(rooms, (&walk.room, &walk.current), user, basis);
        let actions = asker.actions(event, joined).await?;
        let wanted = match Notice::of(actions) {
            Some(Notice::Highlight) => true,
            Some(Notice::Plain) => only == Only::All,
            None => false,
        };
        let shown = if wanted { walk.show(event).await? } else { None };
        let Some(shown) = shown else { return Ok(None) };
        let read = match walk.read.take() {
            Some(read) => read,
            None => rooms.read_up_to(walk.room.no, user).await?,
        };
        let thread = rooms.thread_of(event).await?;
        let is_read = is_read(&read, thread.as_deref().map(AsRef::as_ref), event.ord);
        walk.read = Some(read);
        Ok(Some(Notification {
            room_id: walk.room.id.clone(),
            event: walk.viewer.client_json(&shown).await?,
            actions: actions.to_vec(),
            read: is_read,
            at: event.pdu.origin_server_ts(),
        }))
    }
}

impl Walk {
    async fn show(&self, event: &Arc<Stored>) -> Result<Option<Shown>, AttentionError> {
        Ok(match self.part {
            Part::After(_) => self.viewer.show(event).await?,
            Part::Invite(_) => self.viewer.show_own(event),
        })
    }
}

impl Part {
    /// Whether an event is of it.
    fn holds(self, event: &Stored) -> bool {
        match self {
            Self::After(ord) => event.ord > ord,
            Self::Invite(no) => event.no == no,
        }
    }

    /// Whether nothing at or before an event is of it.
    fn ends_before(self, event: &Stored) -> bool {
        matches!(self, Self::After(ord) if event.ord <= ord)
    }

    /// Whether nothing before an event is of it.
    fn ends_with(self, event: &Stored) -> bool {
        matches!(self, Self::Invite(no) if event.no == no)
    }
}

/// A place of the list: the position in the log of the newest event that is yet to be told.
fn parse(token: &str) -> Result<LogPosition, AttentionError> {
    let position = token.parse().map_err(|_| AttentionError::Token(token.to_owned()))?;
    Ok(LogPosition(position))
}
