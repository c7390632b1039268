//! The engines inside this process: redb on a file, and memory for tests.

use std::sync::Arc;

use base::number::LogPosition;

use crate::batch::Batch;
use crate::committer::{Answer, WriteTransaction, apply};
use crate::engine::{Rows, SCHEMA, current_schema, require_known};
use crate::error::StoreError;
use crate::log;
use crate::memory::{MemoryDisk, MemorySnapshot};
use crate::raw::RawRow;
use crate::redb::{RedbEngine, RedbSnapshot};
use crate::table::{Direction, Prefix};

#[derive(Clone)]
pub(crate) enum Embedded {
    Redb(Arc<RedbEngine>),
    Memory(MemoryDisk),
}

/// What an embedded engine held at one moment.
pub(crate) enum EmbeddedSnapshot {
    Redb(RedbSnapshot),
    Memory(MemorySnapshot),
}

impl Embedded {
    /// Refuses rows of a newer program; marks new ones with our format.
    pub(crate) fn check_schema(&self) -> Result<(), StoreError> {
        if let Some(found) = self.snapshot()?.get(SCHEMA, &[])? {
            return require_known(&found);
        }
        let value = current_schema()?;
        self.write(&mut |transaction| transaction.put(SCHEMA, &[], &value))
    }

    /// Applies batches in one transaction; all fail alike when that fails.
    pub(crate) fn apply(&self, batches: &[&Batch]) -> Vec<Answer> {
        let applied = self.write(&mut |transaction| {
            let last = transaction.last_key(log::TABLE)?;
            let mut end = last.map_or(Ok(LogPosition(0)), |key| log::position(&key))?;
            batches.iter().map(|batch| apply(transaction, batch, &mut end)).collect()
        });
        applied.unwrap_or_else(|error: StoreError| {
            tracing::error!(%error, batches = batches.len(), "transaction failed");
            let failed = |_| Err(error.again().into());
            batches.iter().map(failed).collect()
        })
    }

    pub(crate) fn import(&self, rows: &[RawRow]) -> Result<(), StoreError> {
        self.write(&mut |transaction| {
            rows.iter().try_for_each(|row| transaction.put(&row.table, &row.key, &row.value))
        })
    }

    pub(crate) fn snapshot(&self) -> Result<EmbeddedSnapshot, StoreError> {
        Ok(match self {
            Self::Redb(engine) => EmbeddedSnapshot::Redb(engine.snapshot()?),
            Self::Memory(disk) => EmbeddedSnapshot::Memory(disk.snapshot()?),
        })
    }

    pub(crate) fn log_end(&self) -> Result<LogPosition, StoreError> {
        let last = self.snapshot()?.scan(log::TABLE, &Prefix::all(), Direction::Backward, 1)?;
        last.first().map_or(Ok(LogPosition(0)), |(key, _)| log::position(key))
    }

    /// Runs `work` in one write transaction and makes it durable.
    fn write<T>(
        &self,
        work: &mut dyn FnMut(&mut dyn WriteTransaction) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        match self {
            Self::Redb(engine) => engine.write(work),
            Self::Memory(disk) => disk.write(work),
        }
    }
}

impl EmbeddedSnapshot {
    pub(crate) fn tables(&self) -> Result<Vec<String>, StoreError> {
        match self {
            Self::Redb(snapshot) => snapshot.tables(),
            Self::Memory(snapshot) => Ok(snapshot.tables()),
        }
    }

    pub(crate) fn get(&self, table: &str, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        match self {
            Self::Redb(snapshot) => snapshot.get(table, key),
            Self::Memory(snapshot) => Ok(snapshot.get(table, key)),
        }
    }

    pub(crate) fn get_many(
        &self,
        table: &str,
        keys: &[Vec<u8>],
    ) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        keys.iter().map(|key| self.get(table, key)).collect()
    }

    pub(crate) fn scan(
        &self,
        table: &str,
        part: &Prefix,
        direction: Direction,
        limit: usize,
    ) -> Result<Rows, StoreError> {
        match self {
            Self::Redb(snapshot) => snapshot.scan(table, part, direction, limit),
            Self::Memory(snapshot) => Ok(snapshot.scan(table, part, direction, limit)),
        }
    }

    pub(crate) fn scan_each(
        &self,
        table: &str,
        parts: &[Prefix],
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<Rows>, StoreError> {
        parts.iter().map(|part| self.scan(table, part, direction, limit)).collect()
    }
}
