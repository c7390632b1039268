//! The engine in memory, for tests: a disk that outlives the stores opened on it.

use std::sync::Arc;

use parking_lot::RwLock;
use rpds::{HashTrieMapSync, RedBlackTreeMapSync};

use crate::committer::WriteTransaction;
use crate::engine::Rows;
use crate::error::StoreError;
use crate::table::{Direction, Prefix, bounds};

/// Persistent maps: a snapshot shares everything with what is written after it.
type Tables = HashTrieMapSync<&'static str, RedBlackTreeMapSync<Vec<u8>, Vec<u8>>>;

/// A disk in memory. Cheap to clone: all clones are the same disk.
#[derive(Clone, Default)]
pub struct MemoryDisk(Arc<RwLock<Tables>>);

/// What the disk held at one moment.
pub(crate) struct MemorySnapshot(Tables);

impl MemoryDisk {
    /// An empty disk.
    pub fn new() -> Self {
        Self::default()
    }

    pub(crate) fn write<T>(
        &self,
        work: &mut dyn FnMut(&mut dyn WriteTransaction) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut transaction = Transaction(self.0.read().clone());
        let result = work(&mut transaction)?;
        *self.0.write() = transaction.0;
        Ok(result)
    }

    pub(crate) fn snapshot(&self) -> MemorySnapshot {
        MemorySnapshot(self.0.read().clone())
    }
}

impl MemorySnapshot {
    pub(crate) fn get(&self, table: &'static str, key: &[u8]) -> Option<Vec<u8>> {
        self.0.get(table)?.get(key).cloned()
    }

    pub(crate) fn scan(
        &self,
        table: &'static str,
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
        table: &'static str,
        change: impl FnOnce(&mut RedBlackTreeMapSync<Vec<u8>, Vec<u8>>),
    ) {
        let mut rows = self.0.get(table).cloned().unwrap_or_default();
        change(&mut rows);
        self.0.insert_mut(table, rows);
    }
}

impl WriteTransaction for Transaction {
    fn get(&mut self, table: &'static str, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.0.get(table).and_then(|rows| rows.get(key).cloned()))
    }

    fn put(&mut self, table: &'static str, key: &[u8], value: &[u8]) -> Result<(), StoreError> {
        self.change(table, |rows| rows.insert_mut(key.to_vec(), value.to_vec()));
        Ok(())
    }

    fn delete(&mut self, table: &'static str, key: &[u8]) -> Result<(), StoreError> {
        self.change(table, |rows| {
            rows.remove_mut(key);
        });
        Ok(())
    }

    fn delete_range(
        &mut self,
        table: &'static str,
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
