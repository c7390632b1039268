//! Counting what is unread: on from what was counted before, or from what was last written.

use std::sync::Arc;

use base::number::{EventNo, LogPosition, TimelineOrd};
use rooms::{Current, Membership, ReadUpTo, Room, Rooms, Stored};
use ruma_common::UserId;

use crate::asked::{Asker, Notice};
use crate::attention::{
    Attention, PAGE, brought, came, is_membership_of, joined_after, joined_before, membership,
};
use crate::basis::Basis;
use crate::error::AttentionError;
use crate::kept::WRITTEN_AFTER;
use crate::unread::{Note, Stretch, Unread, is_read};

/// Counts for one person in one room.
#[derive(Clone, Copy)]
pub struct Counter<'a> {
    /// The service.
    pub attention: &'a Attention,
    /// The room.
    pub room: &'a Room,
    /// Its state, with everything up to the reach in it.
    pub current: &'a Current,
    /// The person.
    pub user: &'a UserId,
    /// By what their events are asked.
    pub basis: &'a Basis,
}

/// Up to where is counted.
#[derive(Clone, Copy, Debug)]
pub struct Reach {
    /// In the log.
    pub at: LogPosition,
    /// In the timeline.
    pub upto: TimelineOrd,
}

/// Whether the person's own receipts may have moved since what was counted before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receipts {
    /// They did, or it is not known.
    Moved,
    /// They did not.
    Still,
}

impl<'a> Counter<'a> {
    /// What is unread. Goes on from `kept`, where that was counted by the same basis; `recent` are
    /// the room's newest events that the caller has, oldest first.
    pub async fn count(
        &self,
        kept: Option<&Unread>,
        recent: &[Arc<Stored>],
        receipts: Receipts,
        reach: Reach,
    ) -> Result<Unread, AttentionError> {
        let kept = kept.filter(|kept| kept.basis == self.basis.mark);
        let mut pass = match kept {
            Some(kept) => Pass::new(*self, kept.clone(), None),
            None => self.begin(reach).await?,
        };
        pass.advance(recent, reach.upto).await?;
        if receipts == Receipts::Moved || pass.spoke {
            pass.read = Some(self.read_up_to().await?);
            pass.settle().await?;
        } else if !pass.redacted.is_empty() {
            pass.settle().await?;
        }
        let mut unread = pass.unread;
        unread.at = unread.at.max(reach.at);
        unread.upto = unread.upto.max(reach.upto);
        if unread.unwritten >= WRITTEN_AFTER {
            unread.unwritten = 0;
            self.attention.write(self.user, self.room.no, &unread).await?;
        }
        Ok(unread)
    }

    /// Whether there is nothing to count beyond what was counted, receipts apart.
    pub fn is_done(&self, kept: &Unread, reach: Reach) -> bool {
        kept.basis == self.basis.mark && kept.upto >= reach.upto
    }

    /// Where to begin without memory: what was last written, if it holds still; otherwise what the
    /// person read last.
    async fn begin(&self, reach: Reach) -> Result<Pass<'a>, AttentionError> {
        let read = self.read_up_to().await?;
        let came = came(self.rooms(), self.current, self.user).await?;
        let whole = read.iter().filter(|read| read.thread.is_none()).map(|read| read.ord).max();
        let start = came.as_ref().map(|came| came.ord).max(whole).unwrap_or(TimelineOrd(0));
        let came = came.map_or(EventNo(0), |came| came.no);
        let written = if start < reach.upto {
            self.attention.written(self.user, self.room.no).await?
        } else {
            None
        };
        let holds = |unread: &Unread| {
            unread.basis == self.basis.mark
                && unread.came == came
                && unread.upto > start
                && unread.upto <= reach.upto
        };
        if let Some(unread) = written.filter(holds) {
            let mut pass = Pass::new(*self, unread, Some(read));
            pass.settle().await?;
            return Ok(pass);
        }
        let unread = Unread {
            at: reach.at,
            upto: start,
            basis: self.basis.mark,
            came,
            joined: self.joined_after(start).await?,
            unwritten: 0,
            stretches: Vec::new(),
            notes: Vec::new(),
        };
        Ok(Pass::new(*self, unread, Some(read)))
    }

    async fn joined_after(&self, place: TimelineOrd) -> Result<u64, AttentionError> {
        if !self.basis.counts_members {
            return Ok(self.current.joined);
        }
        joined_after(self.rooms(), (self.room, self.current), place).await
    }

    async fn read_up_to(&self) -> Result<Vec<ReadUpTo>, AttentionError> {
        Ok(self.rooms().read_up_to(self.room.no, self.user).await?)
    }

    fn rooms(&self) -> &'a Rooms {
        &self.attention.0.rooms
    }

    fn asker(&self) -> Asker<'a> {
        Asker::new(self.rooms(), (self.room, self.current), self.user, self.basis)
    }

    /// What an event is for the person, `joined` being how many were in the room before it.
    async fn note(
        &self,
        asker: &mut Asker<'a>,
        event: &Stored,
        joined: u64,
    ) -> Result<Option<Note>, AttentionError> {
        let deaf = event.sender() == self.user || !self.basis.hears(self.user, event.sender());
        if deaf || event.redacted_by.is_some() || is_membership_of(event, self.user) {
            return Ok(None);
        }
        let Some(notice) = Notice::of(asker.actions(event, joined).await?) else {
            return Ok(None);
        };
        let thread = self.rooms().thread_of(event).await?;
        let thread = thread.map(|root| Arc::from(root.as_str()));
        Ok(Some(Note { ord: event.ord, thread, notice }))
    }

    /// The place of the event that a redaction redacts.
    async fn redacted_by(&self, event: &Stored) -> Result<Option<TimelineOrd>, AttentionError> {
        let Some(target) = self.rooms().redacts(self.room, event) else { return Ok(None) };
        let target = self.rooms().event_in(self.room.no, &target).await?;
        Ok(target.map(|target| target.ord))
    }
}

/// One counting.
struct Pass<'a> {
    counter: Counter<'a>,
    unread: Unread,
    asker: Asker<'a>,
    /// What the person read, once it is known.
    read: Option<Vec<ReadUpTo>>,
    /// Whether the person said something, and so read what was before.
    spoke: bool,
    redacted: Vec<TimelineOrd>,
}

impl<'a> Pass<'a> {
    fn new(counter: Counter<'a>, unread: Unread, read: Option<Vec<ReadUpTo>>) -> Self {
        let asker = counter.asker();
        Self { counter, unread, asker, read, spoke: false, redacted: Vec::new() }
    }

    /// Asks what came, oldest first.
    async fn advance(
        &mut self,
        recent: &[Arc<Stored>],
        upto: TimelineOrd,
    ) -> Result<(), AttentionError> {
        while self.unread.upto < upto {
            let after = self.unread.upto;
            let next = after.0.saturating_add(TimelineOrd::GAP);
            let new = recent.iter().filter(|event| event.ord > after && event.ord <= upto);
            let mut events: Vec<_> = new.cloned().collect();
            if events.first().is_none_or(|first| first.ord.0 > next) {
                let rooms = self.counter.rooms();
                events = rooms.oldest(self.counter.room, after, upto, PAGE).await?;
            }
            let Some(last) = events.last() else { return Ok(()) };
            for event in &events {
                self.take(event).await?;
            }
            self.unread.upto = last.ord;
            self.unread.unwritten += events.len();
            if self.unread.is_long() {
                let read = self.counter.read_up_to().await?;
                self.read = Some(read);
                self.settle().await?;
            }
        }
        Ok(())
    }

    async fn take(&mut self, event: &Arc<Stored>) -> Result<(), AttentionError> {
        let rooms = self.counter.rooms();
        let joined = self.unread.joined;
        if self.counter.basis.counts_members {
            let more = brought(rooms, event).await?;
            self.unread.joined = joined.saturating_add_signed(more);
        }
        if is_membership_of(event, self.counter.user) && !stays(rooms, event).await? {
            self.unread.clear();
            self.unread.came = event.no;
            return Ok(());
        }
        self.spoke |= event.sender() == self.counter.user;
        if let Some(target) = self.counter.redacted_by(event).await? {
            self.unread.notes.retain(|note| note.ord != target);
            self.redacted.push(target);
        }
        if let Some(note) = self.counter.note(&mut self.asker, event, joined).await? {
            let read = self.read.as_deref().unwrap_or_default();
            if !is_read(read, note.thread.as_deref(), note.ord) {
                self.unread.notes.push(note);
            }
        }
        Ok(())
    }

    /// Forgets what was read and redacted, asking old stretches again where that fell into them.
    async fn settle(&mut self) -> Result<(), AttentionError> {
        if self.read.is_none() {
            self.read = Some(self.counter.read_up_to().await?);
        }
        let read = self.read.as_deref().unwrap_or_default();
        let mut again = self.unread.read(read);
        again.extend(self.unread.holding(&std::mem::take(&mut self.redacted)));
        again.sort_unstable();
        again.dedup();
        for place in again {
            let Some(stretch) = self.unread.stretches.get(place) else { continue };
            let range = (stretch.after, stretch.upto);
            let notes = self.ask_again(range, read).await?;
            if let Some(stretch) = self.unread.stretches.get_mut(place) {
                *stretch = Stretch::of(&notes, range, read);
            }
        }
        self.unread.stretches.retain(|stretch| !stretch.is_empty());
        self.unread.fold(read);
        Ok(())
    }

    /// What is unread of a stretch.
    async fn ask_again(
        &self,
        (mut after, upto): (TimelineOrd, TimelineOrd),
        read: &[ReadUpTo],
    ) -> Result<Vec<Note>, AttentionError> {
        let (counter, rooms) = (&self.counter, self.counter.rooms());
        let mut joined = counter.joined_after(after).await?;
        let (mut asker, mut notes) = (counter.asker(), Vec::new());
        loop {
            let events = rooms.oldest(counter.room, after, upto, PAGE).await?;
            let Some(last) = events.last() else { return Ok(notes) };
            after = last.ord;
            for event in &events {
                let before = joined;
                if counter.basis.counts_members {
                    joined = joined.saturating_add_signed(brought(rooms, event).await?);
                }
                let note = counter.note(&mut asker, event, before).await?;
                let unread = |note: &Note| !is_read(read, note.thread.as_deref(), note.ord);
                notes.extend(note.filter(unread));
            }
        }
    }
}

/// Whether somebody was in the room before an event of their membership, and still is after.
async fn stays(rooms: &Rooms, event: &Stored) -> Result<bool, AttentionError> {
    let is_in = membership(event) == Some(Membership::Join);
    Ok(is_in && joined_before(rooms, event).await?.is_some())
}
