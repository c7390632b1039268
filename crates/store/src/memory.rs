//! The engine in memory, for tests: a disk that outlives the stores opened on it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};

use base::number::LogPosition;
use parking_lot::{Mutex, RwLock};
use rpds::{HashTrieMapSync, RedBlackTreeMapSync};

use crate::committer::WriteTransaction;
use crate::engine::Rows;
use crate::error::StoreError;
use crate::node::{Hint, Node};
use crate::table::{Direction, Prefix, bounds};

/// Persistent maps: a snapshot shares everything with what is written after it.
type Tables = HashTrieMapSync<String, RedBlackTreeMapSync<Vec<u8>, Vec<u8>>>;

/// A disk in memory. Cheap to clone: all clones are the same disk, and the stores opened on it
/// are the nodes of a cluster.
#[derive(Clone, Default)]
pub struct MemoryDisk(Arc<Shared>);

#[derive(Default)]
struct Shared {
    tables: RwLock<Tables>,
    /// One transaction at a time.
    writer: Mutex<()>,
    nodes: Mutex<Vec<Weak<Node>>>,
    away: AtomicBool,
}

/// What the disk held at one moment.
pub(crate) struct MemorySnapshot(Tables);

impl MemoryDisk {
    /// An empty disk.
    pub fn new() -> Self {
        Self::default()
    }

    /// The disk is away, as a database across a network may be: nothing is read and nothing is
    /// written until it comes back.
    pub fn go_away(&self) {
        self.0.away.store(true, Ordering::SeqCst);
    }

    /// The disk is there again, with everything that it held.
    pub fn come_back(&self) {
        self.0.away.store(false, Ordering::SeqCst);
    }

    fn require_there(&self) -> Result<(), StoreError> {
        if self.0.away.load(Ordering::SeqCst) {
            return Err(StoreError::Unavailable { reason: "the disk is away".to_owned() });
        }
        Ok(())
    }

    pub(crate) fn write<T>(
        &self,
        work: &mut dyn FnMut(&mut dyn WriteTransaction) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let _turn = self.0.writer.lock();
        self.require_there()?;
        let mut transaction = Transaction(self.0.tables.read().clone());
        let result = work(&mut transaction)?;
        *self.0.tables.write() = transaction.0;
        Ok(result)
    }

    pub(crate) fn snapshot(&self) -> Result<MemorySnapshot, StoreError> {
        self.require_there()?;
        Ok(MemorySnapshot(self.0.tables.read().clone()))
    }

    pub(crate) fn join(&self, node: &Arc<Node>) {
        self.0.nodes.lock().push(Arc::downgrade(node));
    }

    /// Tells every node that the log goes as far as `end`.
    pub(crate) fn announce(&self, end: LogPosition) {
        for node in self.nodes() {
            node.moved_to(end);
        }
    }

    pub(crate) fn publish(&self, from: &Arc<Node>, topic: &str, payload: &[u8]) {
        for node in self.nodes() {
            if !Arc::ptr_eq(&node, from) {
                node.hear(Hint { topic: topic.to_owned(), payload: payload.into() });
            }
        }
    }

    fn nodes(&self) -> Vec<Arc<Node>> {
        let mut nodes = self.0.nodes.lock();
        nodes.retain(|node| node.strong_count() > 0);
        nodes.iter().filter_map(Weak::upgrade).collect()
    }
}

impl MemorySnapshot {
    /// Names of the tables with at least one row.
    pub(crate) fn tables(&self) -> Vec<String> {
        let filled = self.0.iter().filter(|(_, rows)| !rows.is_empty());
        filled.map(|(name, _)| name.clone()).collect()
    }

    pub(crate) fn get(&self, table: &str, key: &[u8]) -> Option<Vec<u8>> {
        self.0.get(table)?.get(key).cloned()
    }

    pub(crate) fn scan(
        &self,
        table: &str,
        part: &Prefix,
        direction: Direction,
        limit: usize,
    ) -> Rows {
        let (Some(rows), Some(bounds)) = (self.0.get(table), part.bounds()) else {
            return Rows::new();
        };
        let range = rows.range::<[u8], _>(bounds);
        let copy = |(key, value): (&Vec<u8>, &Vec<u8>)| (key.clone(), value.clone());
        match direction {
            Direction::Forward => range.take(limit).map(copy).collect(),
            Direction::Backward => range.rev().take(limit).map(copy).collect(),
        }
    }
}

struct Transaction(Tables);

impl Transaction {
    fn change(
        &mut self,
        table: &str,
        change: impl FnOnce(&mut RedBlackTreeMapSync<Vec<u8>, Vec<u8>>),
    ) {
        let mut rows = self.0.get(table).cloned().unwrap_or_default();
        change(&mut rows);
        self.0.insert_mut(table.to_owned(), rows);
    }
}

impl WriteTransaction for Transaction {
    fn get(&mut self, table: &str, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.0.get(table).and_then(|rows| rows.get(key).cloned()))
    }

    fn last_key(&mut self, table: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let last = self.0.get(table).and_then(|rows| rows.last());
        Ok(last.map(|(key, _)| key.clone()))
    }

    fn put(&mut self, table: &str, key: &[u8], value: &[u8]) -> Result<(), StoreError> {
        self.change(table, |rows| rows.insert_mut(key.to_vec(), value.to_vec()));
        Ok(())
    }

    fn delete(&mut self, table: &str, key: &[u8]) -> Result<(), StoreError> {
        self.change(table, |rows| {
            rows.remove_mut(key);
        });
        Ok(())
    }

    fn delete_range(
        &mut self,
        table: &str,
        from: &[u8],
        to: Option<&[u8]>,
    ) -> Result<(), StoreError> {
        let Some(bounds) = bounds(from, to) else { return Ok(()) };
        self.change(table, |rows| {
            let doomed: Vec<_> =
                rows.range::<[u8], _>(bounds).map(|(key, _)| key.clone()).collect();
            for key in &doomed {
                rows.remove_mut(key);
            }
        });
        Ok(())
    }
}
