//! The embedded engine: redb, one file, copy-on-write, one fsync per group of batches.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::Bound;
use std::path::Path;

use redb::{
    Database, ReadTransaction, ReadableDatabase, ReadableTable, Table, TableDefinition, TableError,
};

use crate::committer::WriteTransaction;
use crate::engine::Rows;
use crate::error::StoreError;
use crate::table::{Direction, Prefix};

type Definition = TableDefinition<'static, &'static [u8], &'static [u8]>;

/// Format of the file, raised when tables change in a way that older programs cannot read.
const SCHEMA: u64 = 1;
const META: &str = "meta";
const SCHEMA_KEY: &[u8] = b"schema";

/// An open database file.
pub(crate) struct RedbEngine(Database);

/// What the file held at one moment.
pub struct RedbSnapshot(ReadTransaction);

impl RedbEngine {
    pub(crate) fn open(path: &Path, cache: usize) -> Result<Self, StoreError> {
        let database =
            Database::builder().set_cache_size(cache).create(path).map_err(StoreError::engine)?;
        let engine = Self(database);
        engine.check_schema()?;
        Ok(engine)
    }

    /// Refuses a file of a newer program; marks a new file with ours.
    fn check_schema(&self) -> Result<(), StoreError> {
        let found = self.snapshot()?.get(META, SCHEMA_KEY)?;
        match found.and_then(|bytes| bytes.try_into().ok()).map(u64::from_be_bytes) {
            Some(found) if found > SCHEMA => Err(StoreError::NewerSchema { found, known: SCHEMA }),
            Some(_) => Ok(()),
            None => self.write(&mut |transaction| {
                transaction.put(META, SCHEMA_KEY, &SCHEMA.to_be_bytes())
            }),
        }
    }

    pub(crate) fn write<T>(
        &self,
        work: &mut dyn FnMut(&mut dyn WriteTransaction) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let transaction = self.0.begin_write().map_err(StoreError::engine)?;
        let result = {
            let mut open = Transaction { transaction: &transaction, tables: HashMap::new() };
            work(&mut open)?
        };
        transaction.commit().map_err(StoreError::engine)?;
        Ok(result)
    }

    pub(crate) fn snapshot(&self) -> Result<RedbSnapshot, StoreError> {
        Ok(RedbSnapshot(self.0.begin_read().map_err(StoreError::engine)?))
    }
}

impl RedbSnapshot {
    fn table(
        &self,
        name: &'static str,
    ) -> Result<Option<redb::ReadOnlyTable<&'static [u8], &'static [u8]>>, StoreError> {
        match self.0.open_table(Definition::new(name)) {
            Ok(table) => Ok(Some(table)),
            Err(TableError::TableDoesNotExist(_)) => Ok(None),
            Err(error) => Err(StoreError::engine(error)),
        }
    }

    pub(crate) fn get(
        &self,
        table: &'static str,
        key: &[u8],
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(table) = self.table(table)? else { return Ok(None) };
        let value = table.get(key).map_err(StoreError::engine)?;
        Ok(value.map(|guard| guard.value().to_vec()))
    }

    pub(crate) fn scan(
        &self,
        table: &'static str,
        part: &Prefix,
        direction: Direction,
        limit: usize,
    ) -> Result<Rows, StoreError> {
        let Some(table) = self.table(table)? else { return Ok(Rows::new()) };
        if part.to.as_ref().is_some_and(|to| *to <= part.from) {
            return Ok(Rows::new());
        }
        let to = part.to.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        let bounds = (Bound::Included(part.from.as_slice()), to);
        let mut range = table.range::<&[u8]>(bounds).map_err(StoreError::engine)?;
        let mut rows = Rows::new();
        while rows.len() < limit {
            let next = match direction {
                Direction::Forward => range.next(),
                Direction::Backward => range.next_back(),
            };
            let Some(row) = next else { break };
            let (key, value) = row.map_err(StoreError::engine)?;
            rows.push((key.value().to_vec(), value.value().to_vec()));
        }
        Ok(rows)
    }
}

/// A write transaction with the tables that it has opened.
struct Transaction<'t> {
    transaction: &'t redb::WriteTransaction,
    tables: HashMap<&'static str, Table<'t, &'static [u8], &'static [u8]>>,
}

impl<'t> Transaction<'t> {
    fn table(
        &mut self,
        name: &'static str,
    ) -> Result<&mut Table<'t, &'static [u8], &'static [u8]>, StoreError> {
        match self.tables.entry(name) {
            Entry::Occupied(open) => Ok(open.into_mut()),
            Entry::Vacant(vacant) => {
                let opened = self.transaction.open_table(Definition::new(name));
                Ok(vacant.insert(opened.map_err(StoreError::engine)?))
            }
        }
    }
}

impl WriteTransaction for Transaction<'_> {
    fn get(&mut self, table: &'static str, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let value = self.table(table)?.get(key).map_err(StoreError::engine)?;
        Ok(value.map(|guard| guard.value().to_vec()))
    }

    fn put(&mut self, table: &'static str, key: &[u8], value: &[u8]) -> Result<(), StoreError> {
        self.table(table)?.insert(key, value).map_err(StoreError::engine)?;
        Ok(())
    }

    fn delete(&mut self, table: &'static str, key: &[u8]) -> Result<(), StoreError> {
        self.table(table)?.remove(key).map_err(StoreError::engine)?;
        Ok(())
    }

    fn delete_range(
        &mut self,
        table: &'static str,
        from: &[u8],
        to: &[u8],
    ) -> Result<(), StoreError> {
        if from < to {
            let table = self.table(table)?;
            table.retain_in(from..to, |_, _| false).map_err(StoreError::engine)?;
        }
        Ok(())
    }
}

impl StoreError {
    fn engine(error: impl std::fmt::Display) -> Self {
        Self::Engine(error.to_string())
    }
}
