//! Of the events that the index finds, those that come next, and how many there are.
//!
//! What is known of an event without reading it is decided here: its room, sender, time and kind.
//! Whether the person may see it is not: that is asked of each one that is shown.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};
use std::sync::Arc;

use base::number::{EventNo, LogPosition, RoomNo};
use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::ColumnValues;
use tantivy::query::Bm25StatisticsProvider;
use tantivy::schema::Field;
use tantivy::{DocId, Score, SegmentOrdinal, SegmentReader, Term};

use crate::page::Order;
use crate::schema::{WITH_URL, column};
use crate::token::{Rank, Within};

/// Which events are asked for.
#[derive(Debug)]
pub(crate) struct Scope {
    /// In these rooms.
    pub(crate) rooms: HashSet<u64>,
    /// By these people.
    pub(crate) senders: Option<HashSet<u64>>,
    /// Not by these.
    pub(crate) not_senders: HashSet<u64>,
    /// Messages not by these; what they do to rooms is everybody's.
    pub(crate) ignored: HashSet<u64>,
    /// With these numbers of keys.
    pub(crate) keys: Vec<u64>,
    /// With a `url`, or without.
    pub(crate) url: Option<bool>,
    /// Sent from this time on.
    pub(crate) from: u64,
    /// Sent before this time.
    pub(crate) to: u64,
    /// A part of them.
    pub(crate) within: Within,
    /// Indexed up to here.
    pub(crate) upto: LogPosition,
}

/// An event that was found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate {
    pub(crate) rank: Rank,
    pub(crate) score: Score,
    pub(crate) room: RoomNo,
    pub(crate) sender: u64,
}

impl Candidate {
    pub(crate) fn event(&self) -> EventNo {
        EventNo(self.rank.event)
    }
}

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// The first of them after where it was asked for, best first.
    pub(crate) next: Vec<Candidate>,
    /// All of them.
    pub(crate) count: u64,
    /// How many there are after that place, by room and by sender.
    pub(crate) in_rooms: HashMap<u64, u64>,
    pub(crate) by_senders: HashMap<u64, u64>,
}

/// Collects what a page needs.
pub(crate) struct Next<'a> {
    pub(crate) scope: &'a Arc<Scope>,
    pub(crate) order: Order,
    pub(crate) after: Option<Rank>,
    pub(crate) limit: usize,
}

/// The same, in one segment of the index.
pub(crate) struct NextInSegment {
    scope: Arc<Scope>,
    order: Order,
    after: Option<Rank>,
    limit: usize,
    columns: Columns,
    best: BinaryHeap<Reverse<Ordered>>,
    found: Found,
}

/// A candidate by its rank.
struct Ordered(Candidate);

struct Columns {
    event: Arc<dyn ColumnValues<u64>>,
    room: Arc<dyn ColumnValues<u64>>,
    sender: Arc<dyn ColumnValues<u64>>,
    at: Arc<dyn ColumnValues<u64>>,
    kind: Arc<dyn ColumnValues<u64>>,
    position: Arc<dyn ColumnValues<u64>>,
}

impl Columns {
    fn open(segment: &SegmentReader) -> tantivy::Result<Self> {
        let column = |name| -> tantivy::Result<_> {
            Ok(segment.fast_fields().u64(name)?.first_or_default_col(0))
        };
        Ok(Self {
            event: column(column::EVENT)?,
            room: column(column::ROOM)?,
            sender: column(column::SENDER)?,
            at: column(column::AT)?,
            kind: column(column::KIND)?,
            position: column(column::POSITION)?,
        })
    }
}

impl Scope {
    fn admits(&self, columns: &Columns, doc: DocId, (room, sender, at): (u64, u64, u64)) -> bool {
        let kind = columns.kind.get_val(doc);
        let key = kind % WITH_URL;
        let within = match self.within {
            Within::Everything => true,
            Within::Room(only) => room == only.0,
            Within::Sender(only) => sender == only,
        };
        within
            && self.rooms.contains(&room)
            && self.keys.contains(&key)
            && self.url.is_none_or(|wanted| (kind >= WITH_URL) == wanted)
            && (self.from..self.to).contains(&at)
            && self.senders.as_ref().is_none_or(|senders| senders.contains(&sender))
            && !self.not_senders.contains(&sender)
            && !(key == crate::said::Key::Body.number() && self.ignored.contains(&sender))
            && columns.position.get_val(doc) <= self.upto.0
    }
}

impl Collector for Next<'_> {
    type Fruit = Found;
    type Child = NextInSegment;

    fn for_segment(
        &self,
        _: SegmentOrdinal,
        segment: &SegmentReader,
    ) -> tantivy::Result<NextInSegment> {
        Ok(NextInSegment {
            scope: Arc::clone(self.scope),
            order: self.order,
            after: self.after,
            limit: self.limit,
            columns: Columns::open(segment)?,
            best: BinaryHeap::new(),
            found: Found::default(),
        })
    }

    fn requires_scoring(&self) -> bool {
        true
    }

    fn merge_fruits(&self, segments: Vec<Found>) -> tantivy::Result<Found> {
        let mut all = Found::default();
        for found in segments {
            all.next.extend(found.next);
            all.count += found.count;
            found
                .in_rooms
                .into_iter()
                .for_each(|(room, n)| *all.in_rooms.entry(room).or_default() += n);
            found
                .by_senders
                .into_iter()
                .for_each(|(sender, n)| *all.by_senders.entry(sender).or_default() += n);
        }
        all.next.sort_unstable_by_key(|candidate| Reverse(candidate.rank));
        all.next.truncate(self.limit);
        Ok(all)
    }
}

impl SegmentCollector for NextInSegment {
    type Fruit = Found;

    fn collect(&mut self, doc: DocId, score: Score) {
        let columns = &self.columns;
        let (room, sender) = (columns.room.get_val(doc), columns.sender.get_val(doc));
        let at = columns.at.get_val(doc);
        if !self.scope.admits(columns, doc, (room, sender, at)) {
            return;
        }
        self.found.count += 1;
        // Of numbers that are not negative the bits sort as they do.
        let bits = if self.order == Order::Rank { score.max(0.0).to_bits() } else { 0 };
        let rank = Rank { score: bits, at, event: columns.event.get_val(doc) };
        if self.after.is_some_and(|after| rank >= after) {
            return;
        }
        *self.found.in_rooms.entry(room).or_default() += 1;
        *self.found.by_senders.entry(sender).or_default() += 1;
        self.best.push(Reverse(Ordered(Candidate { rank, score, room: RoomNo(room), sender })));
        if self.best.len() > self.limit {
            self.best.pop();
        }
    }

    fn harvest(mut self) -> Found {
        self.found.next = self.best.into_iter().map(|Reverse(Ordered(one))| one).collect();
        self.found
    }
}

impl Ord for Ordered {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.rank.cmp(&other.0.rank)
    }
}

impl PartialOrd for Ordered {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ordered {
    fn eq(&self, other: &Self) -> bool {
        self.0.rank == other.0.rank
    }
}

impl Eq for Ordered {}

/// How frequent words are, and how long texts: the same for all. An event must have every word
/// that is asked for, so how well it answers depends on itself and on the question alone, and pages
/// follow on one another whatever was said in the meantime.
pub(crate) struct Evenly;

impl Evenly {
    const DOCUMENTS: u64 = 1 << 20;
    const WITH_A_WORD: u64 = 1 << 10;
    const LENGTH: u64 = 16;
}

impl Bm25StatisticsProvider for Evenly {
    fn total_num_tokens(&self, _: Field) -> tantivy::Result<u64> {
        Ok(Self::DOCUMENTS * Self::LENGTH)
    }

    fn total_num_docs(&self) -> tantivy::Result<u64> {
        Ok(Self::DOCUMENTS)
    }

    fn doc_freq(&self, _: &Term) -> tantivy::Result<u64> {
        Ok(Self::WITH_A_WORD)
    }
}
