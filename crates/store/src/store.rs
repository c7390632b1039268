//! The store's front door.

use std::path::Path;
use std::sync::Arc;

use base::number::LogPosition;
use tokio::sync::broadcast;

use crate::batch::Batch;
use crate::committer::{Committed, Committer, Crash};
use crate::embedded::Embedded;
use crate::engine::{Engine, SCHEMA, require_known};
use crate::error::{CommitError, StoreError};
use crate::log::{self, LogEntry, LogFollower};
use crate::memory::MemoryDisk;
use crate::node::{Hint, Node};
use crate::postgres::Reads;
use crate::postgres::{Migration, PostgresEngine, PostgresSettings};
use crate::raw::RawRow;
use crate::redb::RedbEngine;
use crate::snapshot::Snapshot;

/// A store. Cheap to clone: all clones are the same store.
///
/// When the last clone (and the last [`LogFollower`]) is dropped, what waits is written and the
/// engine is closed before the drop returns.
#[derive(Clone)]
pub struct Store {
    pub(crate) engine: Engine,
    node: Arc<Node>,
    committer: Arc<Committer>,
}

impl Store {
    /// Opens, or creates, the embedded store in one file, with `cache` bytes of page cache.
    pub fn open_redb(path: &Path, cache: usize) -> Result<Self, StoreError> {
        Self::start_embedded(Embedded::Redb(Arc::new(RedbEngine::open(path, cache)?)), None)
    }

    /// For tests: as [`Self::open_redb`], and stops at an injected crash.
    pub fn open_redb_crashing(path: &Path, crash: Crash) -> Result<Self, StoreError> {
        let engine = RedbEngine::open(path, 1 << 20)?;
        Self::start_embedded(Embedded::Redb(Arc::new(engine)), Some(crash))
    }

    /// A store in memory, on a disk that outlives it. Stores on one disk are the nodes of a
    /// cluster.
    pub fn open_memory(disk: &MemoryDisk, crash: Option<Crash>) -> Result<Self, StoreError> {
        Self::start_embedded(Embedded::Memory(disk.clone()), crash)
    }

    /// Opens the store in a PostgreSQL database whose schema [`Self::migrate_postgres`] made.
    pub async fn open_postgres(settings: &PostgresSettings) -> Result<Self, StoreError> {
        Self::start_postgres(settings, None).await
    }

    /// For tests: as [`Self::open_postgres`], and stops at an injected crash.
    pub async fn open_postgres_crashing(
        settings: &PostgresSettings,
        crash: Crash,
    ) -> Result<Self, StoreError> {
        Self::start_postgres(settings, Some(crash)).await
    }

    /// Makes a database's schema, or brings it up to this program's. Nothing is ever deleted.
    pub async fn migrate_postgres(settings: &PostgresSettings) -> Result<Migration, StoreError> {
        crate::postgres::migrate(settings).await
    }

    fn start_embedded(engine: Embedded, crash: Option<Crash>) -> Result<Self, StoreError> {
        engine.check_schema()?;
        let end = engine.log_end()?;
        Self::start(Engine::Embedded(engine), end, crash)
    }

    async fn start_postgres(
        settings: &PostgresSettings,
        crash: Option<Crash>,
    ) -> Result<Self, StoreError> {
        let engine = PostgresEngine::open(settings).await?;
        if let Some(mark) = engine.get(SCHEMA, &[]).await? {
            require_known(&mark)?;
        }
        let end = engine.log_end().await?;
        Self::start(Engine::Postgres(Arc::new(engine)), end, crash)
    }

    fn start(engine: Engine, end: LogPosition, crash: Option<Crash>) -> Result<Self, StoreError> {
        let node = Arc::new(Node::new(end));
        engine.join(&node);
        let committer = Arc::new(Committer::start(engine.clone(), Arc::clone(&node), crash)?);
        Ok(Self { engine, node, committer })
    }

    /// Applies a batch. When this returns, it is on disk.
    pub async fn commit(&self, batch: Batch) -> Result<Committed, CommitError> {
        self.committer.commit(batch).await
    }

    /// Waits until the store closes by itself, which it does when it must not be served any more.
    pub async fn closed(&self) {
        self.node.closed().await;
    }

    /// A consistent view of this moment.
    pub async fn snapshot(&self) -> Result<Snapshot, StoreError> {
        self.require_open()?;
        Ok(Snapshot(self.engine.snapshot().await?))
    }

    /// Position of the newest log record that this node knows of; 0 when there is none. At least
    /// that of everything that was committed here; what other nodes committed is known within
    /// milliseconds, or a second where the hint was lost.
    pub fn log_end(&self) -> LogPosition {
        self.node.end()
    }

    /// Asks the engine for the log's end: [`Self::log_end`] is at least that afterwards.
    pub async fn catch_up(&self) -> Result<LogPosition, StoreError> {
        self.require_open()?;
        self.node.moved_to(self.engine.log_end().await?);
        Ok(self.node.end())
    }

    /// At most `limit` log records after `position`.
    pub async fn read_log(
        &self,
        position: LogPosition,
        limit: usize,
    ) -> Result<Vec<LogEntry>, StoreError> {
        log::read(self, position, limit).await
    }

    /// Follows the log from just after `position`.
    pub fn follow(&self, position: LogPosition) -> LogFollower {
        LogFollower::new(self.clone(), position)
    }

    /// Says something in passing to the other nodes: at most about 7 kB, and it may be lost.
    pub fn publish(&self, topic: &'static str, payload: impl AsRef<[u8]>) {
        self.engine.publish(&self.node, topic, payload.as_ref());
    }

    /// What other nodes say in passing, from now on.
    pub fn hints(&self) -> broadcast::Receiver<Hint> {
        self.node.hints()
    }

    /// Puts rows as they are, for a copy into a store that nobody uses. The table `log` is one
    /// of them; call [`Self::finish_import`] after the last.
    pub async fn import(&self, rows: Vec<RawRow>) -> Result<(), StoreError> {
        self.require_open()?;
        self.engine.import(rows).await
    }

    /// Finds the log's end again.
    pub async fn finish_import(&self) -> Result<(), StoreError> {
        self.engine.finish_import().await?;
        self.catch_up().await.map(drop)
    }

    pub(crate) fn node(&self) -> &Node {
        &self.node
    }

    pub(crate) fn require_open(&self) -> Result<(), StoreError> {
        if self.node.is_closed() { Err(StoreError::Closed) } else { Ok(()) }
    }
}
