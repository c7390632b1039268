//! The embedded engine: redb, one file, copy-on-write, one fsync per group of batches.
//!
//! A commit is written beside what was there, with checksums, and made current by the same fsync
//! that makes it durable. redb's two-phase commit would cost a second one, and defends against an
//! attacker who chooses in which order the disk writes pages: that is not the thief of a disk.
//! Its quick repair would cost as much again; without it, a file that was not closed is walked
//! once at the next start, about a second for each gigabyte.
//!
//! The file doubles when it is full, so it seldom grows; writing zeros ahead of need was measured
//! to save a twentieth of a millisecond per commit and is left out.

use std::collections::HashMap;
use std::fs::File;
use std::path::Path;

use redb::backends::FileBackend;
use redb::{
    Database, DatabaseError, ReadTransaction, ReadableDatabase, ReadableTable,
    ReadableTableMetadata, Table, TableDefinition, TableError, TableHandle,
};

use crate::committer::WriteTransaction;
use crate::engine::Rows;
use crate::error::StoreError;
use crate::table::{Direction, Prefix, bounds};

type OpenTable = redb::ReadOnlyTable<&'static [u8], &'static [u8]>;
type Definition<'n> = TableDefinition<'n, &'static [u8], &'static [u8]>;

type WritableTable<'t> = Table<'t, &'static [u8], &'static [u8]>;

/// An open database file.
pub(crate) struct RedbEngine(Database);

/// What the file held at one moment.
pub(crate) struct RedbSnapshot(ReadTransaction);

impl RedbEngine {
    /// Opens the file, or makes it, for this process alone.
    pub(crate) fn open(path: &Path, cache: usize) -> Result<Self, StoreError> {
        let name = || path.display().to_string();
        let failed = |error: DatabaseError| match error {
            DatabaseError::DatabaseAlreadyOpen => StoreError::InUse { path: name() },
            error => StoreError::Open { path: name(), reason: error.to_string() },
        };
        let file = open_file(path)
            .map_err(|error| StoreError::Open { path: name(), reason: error.to_string() })?;
        let backend = FileBackend::new(file).map_err(failed)?;
        let database = Database::builder()
            .set_cache_size(cache)
            .set_repair_callback(|session| {
                let progress = session.progress();
                tracing::info!(progress, "checking a store that was not closed");
            })
            .create_with_backend(backend);
        Ok(Self(database.map_err(failed)?))
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

/// Opens the file, readable by its owner only; a new one is in its folder when this returns.
fn open_file(path: &Path) -> Result<File, std::io::Error> {
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
    Ok(file)
}

impl RedbSnapshot {
    fn table(&self, name: &str) -> Result<Option<OpenTable>, StoreError> {
        match self.0.open_table(Definition::new(name)) {
            Ok(table) => Ok(Some(table)),
            Err(TableError::TableDoesNotExist(_)) => Ok(None),
            Err(error) => Err(StoreError::engine(error)),
        }
    }

    /// Names of the tables with at least one row.
    pub(crate) fn tables(&self) -> Result<Vec<String>, StoreError> {
        let mut names = Vec::new();
        for table in self.0.list_tables().map_err(StoreError::engine)? {
            let name = table.name().to_owned();
            if let Some(open) = self.table(&name)?
                && !open.is_empty().map_err(StoreError::engine)?
            {
                names.push(name);
            }
        }
        Ok(names)
    }

    pub(crate) fn get(&self, table: &str, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(table) = self.table(table)? else { return Ok(None) };
        let value = table.get(key).map_err(StoreError::engine)?;
        Ok(value.map(|guard| guard.value().to_vec()))
    }

    pub(crate) fn scan(
        &self,
        table: &str,
        part: &Prefix,
        direction: Direction,
        limit: usize,
    ) -> Result<Rows, StoreError> {
        let (Some(table), Some(bounds)) = (self.table(table)?, part.bounds()) else {
            return Ok(Rows::new());
        };
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
    tables: HashMap<String, WritableTable<'t>>,
}

impl<'t> Transaction<'t> {
    fn table(&mut self, name: &str) -> Result<&mut WritableTable<'t>, StoreError> {
        if !self.tables.contains_key(name) {
            let opened = self.transaction.open_table(Definition::new(name));
            self.tables.insert(name.to_owned(), opened.map_err(StoreError::engine)?);
        }
        self.tables.get_mut(name).ok_or(StoreError::Closed)
    }
}

impl WriteTransaction for Transaction<'_> {
    fn get(&mut self, table: &str, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let value = self.table(table)?.get(key).map_err(StoreError::engine)?;
        Ok(value.map(|guard| guard.value().to_vec()))
    }

    fn last_key(&mut self, table: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let last = self.table(table)?.last().map_err(StoreError::engine)?;
        Ok(last.map(|(key, _)| key.value().to_vec()))
    }

    fn put(&mut self, table: &str, key: &[u8], value: &[u8]) -> Result<(), StoreError> {
        self.table(table)?.insert(key, value).map_err(StoreError::engine)?;
        Ok(())
    }

    fn delete(&mut self, table: &str, key: &[u8]) -> Result<(), StoreError> {
        self.table(table)?.remove(key).map_err(StoreError::engine)?;
        Ok(())
    }

    fn delete_range(
        &mut self,
        table: &str,
        from: &[u8],
        to: Option<&[u8]>,
    ) -> Result<(), StoreError> {
        if let Some(bounds) = bounds(from, to) {
            let table = self.table(table)?;
            table.retain_in::<&[u8], _>(bounds, |_, _| false).map_err(StoreError::engine)?;
        }
        Ok(())
    }
}

impl StoreError {
    fn engine(error: impl std::fmt::Display) -> Self {
        Self::Engine(error.to_string())
    }
}
