//! The numbers of rooms, events and state nodes: given once, whichever node gives them.
//!
//! A node claims a block of numbers at a time and gives them in order, so that what it writes
//! stands together in the store. Numbers of a block that are never used are gaps, which harm
//! nobody: a node that stops takes the rest of its blocks with it.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use base::clock::{Clock, Timestamp};
use base::number::{EventNo, RoomNo};
use parking_lot::Mutex;
use rules::tree::NodeNo;
use store::{Batch, CommitError, Direction, Key, Prefix, Store, Table};

use crate::error::RoomError;
use crate::tables::{EVENTS, NUMBERS, ROOMS, STATE_NODES};

/// Nodes of a tree that putting one key in makes at most: the branches on the way to it, a leaf
/// for each key of one that is parted, and one to spare.
pub(crate) const NODES_AT_ONCE: u64 = 32;

/// The numbers that this node gives.
pub(crate) struct Numbers {
    store: Store,
    rooms: Kind,
    events: Kind,
    nodes: Kind,
    /// When the last room was made here.
    last_creation: AtomicU64,
}

/// One kind of number.
struct Kind {
    name: &'static str,
    /// Numbers claimed at a time.
    block: u64,
    blocks: Mutex<Blocks>,
    /// Held by whoever claims the next block.
    claiming: tokio::sync::Mutex<()>,
}

/// What a node has of one kind of number.
struct Blocks {
    /// What is left of the newest block.
    free: Range<u64>,
    /// The two blocks claimed last, whole.
    own: [Range<u64>; 2],
}

impl Numbers {
    pub(crate) fn new(store: Store) -> Self {
        Self {
            store,
            rooms: Kind::new("rooms", 64),
            events: Kind::new("events", 1024),
            nodes: Kind::new("state_nodes", 2048),
            last_creation: AtomicU64::new(0),
        }
    }

    pub(crate) async fn room(&self) -> Result<RoomNo, RoomError> {
        Ok(RoomNo(self.rooms.take(1, &self.store, &ROOMS).await?.start))
    }

    pub(crate) async fn event(&self) -> Result<EventNo, RoomError> {
        Ok(EventNo(self.events.take(1, &self.store, &EVENTS).await?.start))
    }

    /// Whether this node gave the number, lately: what it gave long ago it may deny.
    pub(crate) fn is_own(&self, no: EventNo) -> bool {
        self.events.blocks.lock().own.iter().any(|block| block.contains(&no.0))
    }

    /// Numbers for the nodes that one insertion into a tree makes.
    pub(crate) async fn nodes(&self) -> Result<NodeNumbers<'_>, RoomError> {
        let run = self.nodes.take(NODES_AT_ONCE, &self.store, &STATE_NODES).await?;
        Ok(NodeNumbers { kind: &self.nodes, run })
    }

    /// The time for a room's first event, later than every one before: from version 12 on two
    /// rooms that one person makes alike in one millisecond would be the same. Where another node
    /// made the same room first, the store refuses this one, and the next time is another.
    pub(crate) fn creation_time(&self, clock: &dyn Clock) -> Timestamp {
        let now = clock.now().0;
        let next = |last: u64| Some(now.max(last + 1));
        let last = self.last_creation.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
        Timestamp(now.max(last.unwrap_or_default() + 1))
    }
}

/// Numbers to take from; what is left goes back, unless somebody took the next ones meanwhile.
pub(crate) struct NodeNumbers<'a> {
    kind: &'a Kind,
    run: Range<u64>,
}

impl NodeNumbers<'_> {
    /// The next number. There are [`NODES_AT_ONCE`].
    pub(crate) fn next(&mut self) -> NodeNo {
        let no = self.run.start;
        self.run.start += 1;
        NodeNo(no)
    }
}

impl Drop for NodeNumbers<'_> {
    fn drop(&mut self) {
        let free = &mut self.kind.blocks.lock().free;
        if free.start == self.run.end && self.run.start < self.run.end {
            free.start = self.run.start;
        }
    }
}

impl Kind {
    fn new(name: &'static str, block: u64) -> Self {
        let blocks = Mutex::new(Blocks { free: 0..0, own: [0..0, 0..0] });
        Self { name, block, blocks, claiming: tokio::sync::Mutex::default() }
    }

    /// Some numbers in a row, out of memory but for once in a block.
    async fn take<K: Numbered, V>(
        &self,
        count: u64,
        store: &Store,
        used: &Table<K, V>,
    ) -> Result<Range<u64>, RoomError>
    where
        V: serde::Serialize + serde::de::DeserializeOwned,
    {
        loop {
            if let Some(run) = self.cut(count) {
                return Ok(run);
            }
            let _claim = self.claiming.lock().await;
            if let Some(run) = self.cut(count) {
                return Ok(run);
            }
            let block = self.claim(store, used).await?;
            let mut blocks = self.blocks.lock();
            let Blocks { free, own } = &mut *blocks;
            let [newest, before] = own;
            *before = std::mem::replace(newest, block.clone());
            if free.end == block.start {
                free.end = block.end;
            } else {
                *free = block;
            }
        }
    }

    fn cut(&self, count: u64) -> Option<Range<u64>> {
        let free = &mut self.blocks.lock().free;
        let start = free.start;
        if free.end - start < count {
            return None;
        }
        free.start += count;
        Some(start..start + count)
    }

    /// Claims the next block for this node alone. Whoever loses against another node goes on: each
    /// loss is somebody's gain.
    async fn claim<K: Numbered, V>(
        &self,
        store: &Store,
        used: &Table<K, V>,
    ) -> Result<Range<u64>, RoomError>
    where
        V: serde::Serialize + serde::de::DeserializeOwned,
    {
        let key = self.name.to_owned();
        loop {
            let was = NUMBERS.get(store, &key).await?;
            let start = match was {
                Some(next) => next,
                // A store of before there were blocks: its numbers went up one by one.
                None => last(store, used).await?.map_or(0, |last| last + 1).max(1),
            };
            let block = start..start + self.block;
            let mut batch = Batch::new();
            NUMBERS.check(&mut batch, &key, was.as_ref())?;
            NUMBERS.put(&mut batch, &key, &block.end)?;
            match store.commit(batch).await {
                Ok(_) => return Ok(block),
                Err(CommitError::Conflict { .. }) => {}
                Err(CommitError::Store(error)) => return Err(error.into()),
            }
        }
    }
}

/// A key that is a number.
trait Numbered: Key {
    fn number(&self) -> u64;
}

impl Numbered for RoomNo {
    fn number(&self) -> u64 {
        self.0
    }
}

impl Numbered for EventNo {
    fn number(&self) -> u64 {
        self.0
    }
}

impl Numbered for u64 {
    fn number(&self) -> u64 {
        *self
    }
}

async fn last<K: Numbered, V>(store: &Store, used: &Table<K, V>) -> Result<Option<u64>, RoomError>
where
    V: serde::Serialize + serde::de::DeserializeOwned,
{
    let rows = used.scan(store, &Prefix::all(), Direction::Backward, 1).await?;
    Ok(rows.first().map(|(key, _)| key.number()))
}
