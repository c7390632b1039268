//! Unread counts: what in a room notifies a person and was not read yet.
//!
//! Each event is asked once, by the person's own push rules, and what notifies is remembered until
//! it is read: nothing is written per member and event. Lost memory is counted anew from the
//! timeline after what was read.
//!
//! `spec/content/client-server-api/modules/push.md`, "Receiving notifications";
//! `modules/receipts.md`, "Threaded read receipts".

mod context;

use std::collections::BTreeMap;
use std::sync::Arc;

use base::number::{LogPosition, TimelineOrd};
use rooms::{Current, Membership, Receipt, Room, Rooms, Stored};
use ruma_common::push::Ruleset;
use ruma_common::{EventId, UserId};
use serde::Deserialize;

use crate::SyncError;
use crate::memory::Ignored;
use crate::moment::membership;
use context::{Context, Notice};

/// Events looked at most when counting anew.
const LONGEST: usize = 1_000;
/// Relations followed at most from an event to the root of its thread.
const HOPS: usize = 3;
/// The thread of events that are in no thread, as receipts name it.
const MAIN: &str = "main";

/// What notifies a person in a room and was not read, at a position of the log.
#[derive(Clone, Debug)]
pub(crate) struct Unread {
    /// Receipts up to here are applied.
    pub(crate) at: LogPosition,
    /// Events up to here are asked.
    upto: TimelineOrd,
    notes: Vec<Note>,
}

/// An event that notifies.
#[derive(Clone, Debug)]
struct Note {
    ord: TimelineOrd,
    /// Root of its thread; none is the main timeline.
    thread: Option<Arc<str>>,
    notice: Notice,
}

/// How many unread events notify.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// All of them.
    pub notifications: u64,
    /// Those that are highlighted.
    pub highlights: u64,
}

impl Unread {
    /// Over the whole room.
    pub(crate) fn total(&self) -> Counts {
        count(self.notes.iter())
    }

    /// Outside of threads.
    pub(crate) fn main(&self) -> Counts {
        count(self.notes.iter().filter(|note| note.thread.is_none()))
    }

    /// By thread, those without any left out.
    pub(crate) fn threads(&self) -> BTreeMap<String, Counts> {
        let mut threads = BTreeMap::<_, Counts>::new();
        for note in &self.notes {
            if let Some(thread) = &note.thread {
                threads.entry(thread.to_string()).or_default().add(note);
            }
        }
        threads
    }
}

impl Counts {
    fn add(&mut self, note: &Note) {
        self.notifications += 1;
        self.highlights += u64::from(note.notice == Notice::Highlight);
    }
}

fn count<'a>(notes: impl Iterator<Item = &'a Note>) -> Counts {
    let mut counts = Counts::default();
    notes.for_each(|note| counts.add(note));
    counts
}

/// Counts for one person in one room.
pub(crate) struct Counter<'a> {
    pub(crate) rooms: &'a Rooms,
    pub(crate) room: &'a Room,
    pub(crate) current: &'a Current,
    pub(crate) user: &'a UserId,
    pub(crate) rules: &'a Ruleset,
    pub(crate) ignored: &'a Ignored,
}

/// Up to where is counted.
#[derive(Clone, Copy)]
pub(crate) struct Reach {
    /// In the log.
    pub(crate) at: LogPosition,
    /// In the timeline.
    pub(crate) upto: TimelineOrd,
}

impl Counter<'_> {
    /// Goes on from what was counted before. `recent` are the room's newest events, oldest first;
    /// `read` says when an own receipt last moved.
    pub(crate) async fn advance(
        &self,
        kept: &Unread,
        recent: &[Arc<Stored>],
        read: Option<LogPosition>,
        reach: Reach,
    ) -> Result<Unread, SyncError> {
        let mut unread = kept.clone();
        let next = kept.upto.0.saturating_add(TimelineOrd::GAP);
        let follows = recent.first().is_some_and(|first| first.ord.0 <= next);
        if follows || kept.upto >= reach.upto {
            let new =
                recent.iter().filter(|event| event.ord > kept.upto && event.ord <= reach.upto);
            self.ask(&mut unread, new).await?;
        } else {
            let new = self.rooms.newest(self.room, Some(kept.upto), reach.upto, LONGEST).await?;
            self.ask(&mut unread, new.iter().rev()).await?;
        }
        if read.is_some_and(|read| read > kept.at) {
            unread.apply(&self.rooms.receipts_of(self.room.no, self.user).await?);
        }
        Ok(Unread { at: reach.at, upto: kept.upto.max(reach.upto), ..unread })
    }

    /// Counts from the timeline after what was read.
    pub(crate) async fn begin(&self, reach: Reach) -> Result<Unread, SyncError> {
        let receipts = self.rooms.receipts_of(self.room.no, self.user).await?;
        let joined = self.joined().await?;
        let read = receipts.iter().filter(|receipt| receipt.thread.is_none());
        let start = read.map(|receipt| receipt.ord).max().max(joined);
        let mut unread = Unread { at: reach.at, upto: reach.upto, notes: Vec::new() };
        if start.is_none_or(|start| start < reach.upto) {
            let events = self.rooms.newest(self.room, start, reach.upto, LONGEST).await?;
            self.ask(&mut unread, events.iter().rev()).await?;
            unread.apply(&receipts);
        }
        Ok(unread)
    }

    /// The event by which the person last came into the room: what was before is not unread.
    async fn joined(&self) -> Result<Option<TimelineOrd>, SyncError> {
        let Some(member) = self.current.get("m.room.member", self.user.as_str()) else {
            return Ok(None);
        };
        let mut came = Arc::clone(member);
        while let Some(before) = self.joined_before(&came).await? {
            came = before;
        }
        Ok(Some(came.ord))
    }

    /// Whether the person was in the room before an event of their membership, and still is after.
    async fn stayed(&self, event: &Stored) -> Result<bool, SyncError> {
        let is_in = membership(event) == Some(Membership::Join);
        Ok(is_in && self.joined_before(event).await?.is_some())
    }

    /// The event by which the person was in the room before this one.
    async fn joined_before(&self, event: &Stored) -> Result<Option<Arc<Stored>>, SyncError> {
        let Some(replaced) = event.replaces else { return Ok(None) };
        let before = self.rooms.events(&[replaced]).await?.pop();
        Ok(before.filter(|before| membership(before) == Some(Membership::Join)))
    }

    /// Asks events, oldest first, whether they notify.
    async fn ask(
        &self,
        unread: &mut Unread,
        events: impl Iterator<Item = &Arc<Stored>>,
    ) -> Result<(), SyncError> {
        let mut context = None;
        for event in events {
            if is_membership_of(event, self.user) {
                // A new name or picture is neither coming nor going, and no speech.
                if !self.stayed(event).await? {
                    unread.notes.clear();
                }
                continue;
            }
            if event.sender() == self.user {
                // Who speaks has read what was said there.
                let thread = self.thread(event).await?;
                unread.notes.retain(|note| note.thread != thread);
                continue;
            }
            if let Some(target) = self.redacted_by(event).await? {
                unread.notes.retain(|note| note.ord != target);
            }
            if event.redacted_by.is_some() || self.ignored.contains(event.sender()) {
                continue;
            }
            let new = || Context::new((self.room, self.current), self.user, self.rules);
            if let Some(notice) = context.get_or_insert_with(new).notice(event).await {
                let thread = self.thread(event).await?;
                unread.notes.push(Note { ord: event.ord, thread, notice });
            }
        }
        Ok(())
    }

    /// The root of an event's thread, if it is in one.
    async fn thread(&self, event: &Arc<Stored>) -> Result<Option<Arc<str>>, SyncError> {
        let mut event = Arc::clone(event);
        for _ in 0..HOPS {
            let Some(relation) = relation(&event) else { return Ok(None) };
            if relation.rel_type.as_deref() == Some("m.thread") {
                return Ok(relation.event_id.map(Arc::from));
            }
            let parent = relation.event_id.and_then(|id| EventId::parse(id).ok());
            let Some(parent) = parent else { return Ok(None) };
            match self.rooms.event_in(self.room.no, &parent).await? {
                Some(parent) => event = parent,
                None => return Ok(None),
            }
        }
        Ok(None)
    }

    /// The place of the event that a redaction redacts.
    async fn redacted_by(&self, event: &Stored) -> Result<Option<TimelineOrd>, SyncError> {
        let rules = self.room.version.rules();
        let target = rules.and_then(|rules| rules::format::redacts(&event.pdu, &rules));
        let Some(target) = target else { return Ok(None) };
        let target = self.rooms.event_in(self.room.no, &target).await?;
        Ok(target.map(|target| target.ord))
    }
}

impl Unread {
    /// Forgets what receipts say was read.
    fn apply(&mut self, receipts: &[Receipt]) {
        self.notes.retain(|note| {
            let thread = note.thread.as_deref().unwrap_or(MAIN);
            !receipts.iter().any(|receipt| {
                let covers = receipt.thread.as_deref().is_none_or(|read| read == thread);
                covers && receipt.ord >= note.ord
            })
        });
    }
}

fn is_membership_of(event: &Stored, user: &UserId) -> bool {
    event.kind() == "m.room.member" && event.pdu.state_key() == Some(user.as_str())
}

#[derive(Deserialize)]
struct Related {
    #[serde(rename = "m.relates_to")]
    relates_to: Option<Relation>,
}

#[derive(Deserialize)]
struct Relation {
    rel_type: Option<String>,
    event_id: Option<String>,
}

fn relation(event: &Stored) -> Option<Relation> {
    // Most events relate to none: their content need not be parsed to know it.
    if !event.pdu.content().get().contains("m.relates_to") {
        return None;
    }
    event.pdu.content_as::<Related>().ok()?.relates_to
}
