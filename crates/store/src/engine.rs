//! The store's front door, and the choice of engine below it.

use std::path::Path;
use std::sync::Arc;

use base::number::LogPosition;

use crate::batch::Batch;
use crate::committer::{Committed, Committer, Crash, WriteTransaction};
use crate::error::{CommitError, StoreError};
use crate::log::{self, LogEntry, LogFollower};
use crate::memory::{MemoryDisk, MemorySnapshot};
use crate::redb::{RedbEngine, RedbSnapshot};
use crate::table::{Direction, Prefix, Table};

/// Raw rows, as engines hold them.
pub(crate) type Rows = Vec<(Vec<u8>, Vec<u8>)>;

/// A store. Cheap to clone: all clones are the same store.
///
/// When the last clone (and the last [`LogFollower`]) is dropped, what waits is written and the
/// file is closed before the drop returns.
#[derive(Clone)]
pub struct Store {
    engine: Engine,
    committer: Arc<Committer>,
}

#[derive(Clone)]
pub(crate) enum Engine {
    Redb(Arc<RedbEngine>),
    Memory(MemoryDisk),
}

/// A consistent view of one moment, for short reads: an initial sync, a chunk of a backup.
pub struct Snapshot(View);

enum View {
    Redb(RedbSnapshot),
    Memory(MemorySnapshot),
}

/// Format of the store as a whole, raised when older programs could not read it.
const SCHEMA: Table<(), u64> = Table::new("schema");
const CURRENT_SCHEMA: u64 = 1;

impl Store {
    /// Opens, or creates, the embedded store in one file, with `cache` bytes of page cache.
    pub fn open_redb(path: &Path, cache: usize) -> Result<Self, StoreError> {
        Self::start(Engine::Redb(Arc::new(RedbEngine::open(path, cache)?)), None)
    }

    /// For tests: as [`Self::open_redb`], and stops at an injected crash.
    pub fn open_redb_crashing(path: &Path, crash: Crash) -> Result<Self, StoreError> {
        Self::start(Engine::Redb(Arc::new(RedbEngine::open(path, 1 << 20)?)), Some(crash))
    }

    /// A store in memory, on a disk that outlives it.
    pub fn open_memory(disk: &MemoryDisk, crash: Option<Crash>) -> Result<Self, StoreError> {
        Self::start(Engine::Memory(disk.clone()), crash)
    }

    fn start(engine: Engine, crash: Option<Crash>) -> Result<Self, StoreError> {
        engine.check_schema()?;
        let end = log::end(&engine.snapshot()?)?;
        let committer = Arc::new(Committer::start(engine.clone(), end, crash)?);
        Ok(Self { engine, committer })
    }

    /// Applies a batch. When this returns, it is on disk.
    pub async fn commit(&self, batch: Batch) -> Result<Committed, CommitError> {
        self.committer.commit(batch).await
    }

    /// A consistent view of this moment.
    #[expect(clippy::unused_async, reason = "an engine across a network waits here")]
    pub async fn snapshot(&self) -> Result<Snapshot, StoreError> {
        self.open_view()
    }

    /// Position of the newest log record; 0 when there is none.
    pub fn log_end(&self) -> LogPosition {
        *self.committer.end().borrow()
    }

    /// At most `limit` log records after `position`.
    #[expect(clippy::unused_async, reason = "an engine across a network waits here")]
    pub async fn read_log(
        &self,
        position: LogPosition,
        limit: usize,
    ) -> Result<Vec<LogEntry>, StoreError> {
        log::read(&self.open_view()?, position, limit)
    }

    /// Follows the log from just after `position`.
    pub fn follow(&self, position: LogPosition) -> LogFollower {
        LogFollower::new(self.clone(), self.committer.end(), position)
    }

    fn open_view(&self) -> Result<Snapshot, StoreError> {
        if self.committer.is_closed() {
            return Err(StoreError::Closed);
        }
        self.engine.snapshot()
    }
}

impl Engine {
    /// Runs `work` in one write transaction and makes it durable.
    pub(crate) fn write<T>(
        &self,
        work: &mut dyn FnMut(&mut dyn WriteTransaction) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        match self {
            Self::Redb(engine) => engine.write(work),
            Self::Memory(disk) => disk.write(work),
        }
    }

    fn snapshot(&self) -> Result<Snapshot, StoreError> {
        Ok(Snapshot(match self {
            Self::Redb(engine) => View::Redb(engine.snapshot()?),
            Self::Memory(disk) => View::Memory(disk.snapshot()),
        }))
    }

    /// Refuses a store of a newer program; marks a new store with ours.
    fn check_schema(&self) -> Result<(), StoreError> {
        let found = self.snapshot()?.get(SCHEMA.name(), &[])?;
        match found.map(|bytes| SCHEMA.decode(&bytes)).transpose()? {
            Some(found) if found > CURRENT_SCHEMA => {
                Err(StoreError::NewerSchema { found, known: CURRENT_SCHEMA })
            }
            Some(_) => Ok(()),
            None => {
                let value = SCHEMA.encode(&CURRENT_SCHEMA)?;
                self.write(&mut |transaction| transaction.put(SCHEMA.name(), &[], &value))
            }
        }
    }
}

impl Snapshot {
    pub(crate) fn get(&self, table: &'static str, key: &[u8]) -> ReadResult<Option<Vec<u8>>> {
        match &self.0 {
            View::Redb(snapshot) => snapshot.get(table, key),
            View::Memory(snapshot) => Ok(snapshot.get(table, key)),
        }
    }

    pub(crate) fn scan(
        &self,
        table: &'static str,
        part: &Prefix,
        direction: Direction,
        limit: usize,
    ) -> ReadResult<Rows> {
        match &self.0 {
            View::Redb(snapshot) => snapshot.scan(table, part, direction, limit),
            View::Memory(snapshot) => Ok(snapshot.scan(table, part, direction, limit)),
        }
    }
}

type ReadResult<T> = Result<T, StoreError>;

/// What can be read from: the store as it is, or a [`Snapshot`]. Used through [`crate::Table`].
pub trait Reader: Sync {
    /// The bytes of one key.
    fn read_one(
        &self,
        table: &'static str,
        key: &[u8],
    ) -> impl Future<Output = Result<Option<Vec<u8>>, StoreError>> + Send;

    /// The bytes of many keys, in the order asked.
    fn read_many(
        &self,
        table: &'static str,
        keys: Vec<Vec<u8>>,
    ) -> impl Future<Output = Result<Vec<Option<Vec<u8>>>, StoreError>> + Send;

    /// The rows of a part of a table.
    fn read_range(
        &self,
        table: &'static str,
        part: &Prefix,
        direction: Direction,
        limit: usize,
    ) -> impl Future<Output = ReadResult<Vec<(Vec<u8>, Vec<u8>)>>> + Send;
}

impl Reader for Snapshot {
    async fn read_one(&self, table: &'static str, key: &[u8]) -> ReadResult<Option<Vec<u8>>> {
        self.get(table, key)
    }

    async fn read_many(
        &self,
        table: &'static str,
        keys: Vec<Vec<u8>>,
    ) -> ReadResult<Vec<Option<Vec<u8>>>> {
        keys.iter().map(|key| self.get(table, key)).collect()
    }

    async fn read_range(
        &self,
        table: &'static str,
        part: &Prefix,
        direction: Direction,
        limit: usize,
    ) -> ReadResult<Rows> {
        self.scan(table, part, direction, limit)
    }
}

impl Reader for Store {
    async fn read_one(&self, table: &'static str, key: &[u8]) -> ReadResult<Option<Vec<u8>>> {
        self.open_view()?.get(table, key)
    }

    async fn read_many(
        &self,
        table: &'static str,
        keys: Vec<Vec<u8>>,
    ) -> ReadResult<Vec<Option<Vec<u8>>>> {
        let view = self.open_view()?;
        keys.iter().map(|key| view.get(table, key)).collect()
    }

    async fn read_range(
        &self,
        table: &'static str,
        part: &Prefix,
        direction: Direction,
        limit: usize,
    ) -> ReadResult<Rows> {
        self.open_view()?.scan(table, part, direction, limit)
    }
}
