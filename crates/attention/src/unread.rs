//! What is unread: event by event where it is new, by stretches where it is old.

use std::collections::BTreeMap;
use std::sync::Arc;

use base::number::{EventNo, LogPosition, TimelineOrd};
use rooms::ReadUpTo;
use serde::{Deserialize, Serialize};

use crate::asked::Notice;

/// Events that notify kept one by one at most; beyond, the older half becomes a stretch.
const NOTES: usize = 2_048;

/// What notifies a person in a room and was not read, at a position of the log.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Unread {
    /// Receipts up to here are applied.
    pub at: LogPosition,
    /// Events up to here are asked.
    pub(crate) upto: TimelineOrd,
    /// By what they were asked.
    pub(crate) basis: [u8; 16],
    /// The event by which the person is in the room.
    pub(crate) came: EventNo,
    /// How many were in the room after the last event asked.
    pub(crate) joined: u64,
    /// Events asked since this was last written.
    #[serde(skip)]
    pub(crate) unwritten: usize,
    pub(crate) stretches: Vec<Stretch>,
    pub(crate) notes: Vec<Note>,
}

/// An event that notifies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Note {
    pub(crate) ord: TimelineOrd,
    /// Root of its thread; none is the main timeline.
    pub(crate) thread: Option<Arc<str>>,
    pub(crate) notice: Notice,
}

/// Older events, of which only their number is kept. Where a receipt or a redaction falls among
/// them, they are asked again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stretch {
    /// Excluded.
    pub(crate) after: TimelineOrd,
    /// Included.
    pub(crate) upto: TimelineOrd,
    pub(crate) tallies: Vec<Tally>,
}

/// The events of one thread in a stretch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tally {
    thread: Option<Arc<str>>,
    /// What was read of it when it was counted.
    read: TimelineOrd,
    counts: Counts,
}

/// How many unread events notify.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// All of them.
    pub notifications: u64,
    /// Those that are highlighted.
    pub highlights: u64,
}

impl Counts {
    fn add(&mut self, other: Self) {
        self.notifications += other.notifications;
        self.highlights += other.highlights;
    }
}

impl Note {
    fn counts(&self) -> Counts {
        Counts { notifications: 1, highlights: u64::from(self.notice == Notice::Highlight) }
    }
}

impl Unread {
    /// Over the whole room.
    pub fn total(&self) -> Counts {
        self.sum(|_| true)
    }

    /// Outside of threads.
    pub fn main(&self) -> Counts {
        self.sum(|thread| thread.is_none())
    }

    /// By thread, those without any left out.
    pub fn threads(&self) -> BTreeMap<String, Counts> {
        let mut threads = BTreeMap::<_, Counts>::new();
        for (thread, counts) in self.parts() {
            if let Some(thread) = thread {
                threads.entry(thread.to_string()).or_default().add(counts);
            }
        }
        threads
    }

    fn sum(&self, wanted: impl Fn(Option<&Arc<str>>) -> bool) -> Counts {
        let mut counts = Counts::default();
        self.parts().filter(|(thread, _)| wanted(*thread)).for_each(|(_, part)| counts.add(part));
        counts
    }

    fn parts(&self) -> impl Iterator<Item = (Option<&Arc<str>>, Counts)> {
        let old = self.stretches.iter().flat_map(|stretch| &stretch.tallies);
        let old = old.map(|tally| (tally.thread.as_ref(), tally.counts));
        old.chain(self.notes.iter().map(|note| (note.thread.as_ref(), note.counts())))
    }

    /// Bytes that it takes in memory, about.
    pub fn size(&self) -> usize {
        let tallies: usize = self.stretches.iter().map(|stretch| stretch.tallies.len()).sum();
        size_of::<Self>() + self.notes.len() * size_of::<Note>() + tallies * size_of::<Tally>()
    }

    /// Whether more events are kept one by one than should be.
    pub(crate) fn is_long(&self) -> bool {
        self.notes.len() > NOTES
    }

    pub(crate) fn clear(&mut self) {
        self.stretches.clear();
        self.notes.clear();
    }

    /// Forgets what was read. Gives the places of the stretches that were read in part: they are
    /// to be asked again.
    pub(crate) fn read(&mut self, read: &[ReadUpTo]) -> Vec<usize> {
        self.notes.retain(|note| !is_read(read, note.thread.as_deref(), note.ord));
        for stretch in &mut self.stretches {
            let upto = stretch.upto;
            stretch.tallies.retain(|tally| !is_read(read, tally.thread.as_deref(), upto));
        }
        self.stretches.retain(|stretch| !stretch.tallies.is_empty());
        let in_part = |stretch: &Stretch| {
            stretch.tallies.iter().any(|tally| {
                let read = place_read(read, tally.thread.as_deref());
                read > tally.read.max(stretch.after)
            })
        };
        let stretches = self.stretches.iter().enumerate();
        stretches.filter(|(_, stretch)| in_part(stretch)).map(|(place, _)| place).collect()
    }

    /// The places of the stretches that hold any of these.
    pub(crate) fn holding(&self, ords: &[TimelineOrd]) -> Vec<usize> {
        let holds =
            |stretch: &Stretch| ords.iter().any(|ord| *ord > stretch.after && *ord <= stretch.upto);
        let stretches = self.stretches.iter().enumerate();
        stretches.filter(|(_, stretch)| holds(stretch)).map(|(place, _)| place).collect()
    }

    /// Makes a stretch of the older half of many events.
    pub(crate) fn fold(&mut self, read: &[ReadUpTo]) {
        while self.notes.len() > NOTES {
            let old: Vec<_> = self.notes.drain(..NOTES / 2).collect();
            let (Some(first), Some(last)) = (old.first(), old.last()) else { return };
            let range = (TimelineOrd(first.ord.0.saturating_sub(1)), last.ord);
            self.stretches.push(Stretch::of(&old, range, read));
        }
    }
}

impl Stretch {
    pub(crate) fn is_empty(&self) -> bool {
        self.tallies.is_empty()
    }

    /// The events of a stretch, all of which are unread.
    pub(crate) fn of(
        notes: &[Note],
        (after, upto): (TimelineOrd, TimelineOrd),
        read: &[ReadUpTo],
    ) -> Self {
        let mut threads = BTreeMap::<Option<Arc<str>>, Counts>::new();
        for note in notes {
            threads.entry(note.thread.clone()).or_default().add(note.counts());
        }
        let tally = |(thread, counts): (Option<Arc<str>>, Counts)| {
            let read = place_read(read, thread.as_deref());
            Tally { thread, read, counts }
        };
        Self { after, upto, tallies: threads.into_iter().map(tally).collect() }
    }
}

/// Whether an event is read.
pub(crate) fn is_read(read: &[ReadUpTo], thread: Option<&str>, ord: TimelineOrd) -> bool {
    read.iter().any(|read| read.covers(thread, ord))
}

/// Up to where a thread is read.
fn place_read(read: &[ReadUpTo], thread: Option<&str>) -> TimelineOrd {
    let covers = |read: &&ReadUpTo| read.covers(thread, read.ord);
    read.iter().filter(covers).map(|read| read.ord).max().unwrap_or(TimelineOrd(0))
}
