//! The engine in memory, for tests: a disk that outlives the stores opened on it.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use parking_lot::RwLock;

use crate::committer::WriteTransaction;
use crate::engine::Rows;
use crate::error::StoreError;
use crate::table::{Direction, Prefix};

type Rowset = BTreeMap<Vec<u8>, Vec<u8>>;
type Tables = BTreeMap<&'static str, Arc<Rowset>>;

/// A disk in memory. Cheap to clone: all clones are the same disk.
#[derive(Clone, Default)]
pub struct MemoryDisk(Arc<RwLock<Arc<Tables>>>);

/// What the disk held at one moment.
pub struct MemorySnapshot(Arc<Tables>);

impl MemoryDisk {
    /// An empty disk.
    pub fn new() -> Self {
        Self::default()
    }

    pub(crate) fn write<T>(
        &self,
        work: &mut dyn FnMut(&mut dyn WriteTransaction) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut transaction = Transaction(Tables::clone(&self.0.read()));
        let result = work(&mut transaction)?;
        *self.0.write() = Arc::new(transaction.0);
        Ok(result)
    }

    pub(crate) fn snapshot(&self) -> MemorySnapshot {
        MemorySnapshot(Arc::clone(&self.0.read()))
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
        let Some(rows) = self.0.get(table) else { return Rows::new() };
        if part.to.as_ref().is_some_and(|to| *to <= part.from) {
            return Rows::new();
        }
        let to = part.to.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        let range = rows.range::<[u8], _>((Bound::Included(part.from.as_slice()), to));
        let copy = |(key, value): (&Vec<u8>, &Vec<u8>)| (key.clone(), value.clone());
        match direction {
            Direction::Forward => range.take(limit).map(copy).collect(),
            Direction::Backward => range.rev().take(limit).map(copy).collect(),
        }
    }
}

struct Transaction(Tables);

impl Transaction {
    fn rows(&mut self, table: &'static str) -> &mut Rowset {
        Arc::make_mut(self.0.entry(table).or_default())
    }
}

impl WriteTransaction for Transaction {
    fn get(&mut self, table: &'static str, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.0.get(table).and_then(|rows| rows.get(key).cloned()))
    }

    fn put(&mut self, table: &'static str, key: &[u8], value: &[u8]) -> Result<(), StoreError> {
        self.rows(table).insert(key.to_vec(), value.to_vec());
        Ok(())
    }

    fn delete(&mut self, table: &'static str, key: &[u8]) -> Result<(), StoreError> {
        self.rows(table).remove(key);
        Ok(())
    }

    fn delete_range(
        &mut self,
        table: &'static str,
        from: &[u8],
        to: &[u8],
    ) -> Result<(), StoreError> {
        self.rows(table).retain(|key, _| key.as_slice() < from || key.as_slice() >= to);
        Ok(())
    }
}
