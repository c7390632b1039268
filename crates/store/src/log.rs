//! The log: dense, gap-free, in commit order. Everything that follows a change reads it.

use std::time::Duration;

use base::number::LogPosition;

use crate::codec::{Key, KeyReader};
use crate::error::StoreError;
use crate::snapshot::Reader;
use crate::store::Store;
use crate::table::{Direction, Prefix};

/// The table of log records: position → record.
pub(crate) const TABLE: &str = "log";

/// Records read at a time.
const PAGE: usize = 512;
/// How long a follower waits before it asks an engine again that was away.
const AWAY: Duration = Duration::from_millis(500);

/// One record and its position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// Where it stands.
    pub position: LogPosition,
    /// What was committed.
    pub record: Vec<u8>,
}

/// Follows the log: hands out every record once, in order, however slow its owner is, whoever
/// wrote it.
pub struct LogFollower {
    store: Store,
    position: LogPosition,
}

impl LogFollower {
    pub(crate) fn new(store: Store, position: LogPosition) -> Self {
        Self { store, position }
    }

    /// The next records, at least one; waits until there is one, and until the engine is back
    /// when it is away.
    pub async fn next(&mut self) -> Result<Vec<LogEntry>, StoreError> {
        let node = self.store.node();
        loop {
            node.beyond(self.position).await?;
            let entries = match self.remembered_or_read().await {
                Ok(entries) => entries,
                Err(StoreError::Unavailable { reason }) => {
                    tracing::warn!(%reason, "the log cannot be read; trying again");
                    Vec::new()
                }
                Err(error) => return Err(error),
            };
            if let Some(last) = entries.last() {
                self.position = last.position;
                return Ok(entries);
            }
            tokio::time::sleep(AWAY).await;
        }
    }

    /// A page of what comes next. Of several followers of a node one reads what others wrote.
    async fn remembered_or_read(&self) -> Result<Vec<LogEntry>, StoreError> {
        let node = self.store.node();
        let remembered = node.remembered(self.position, PAGE);
        if !remembered.is_empty() {
            return Ok(remembered);
        }
        let _reading = node.reading.lock().await;
        let remembered = node.remembered(self.position, PAGE);
        if !remembered.is_empty() {
            return Ok(remembered);
        }
        let entries = self.store.read_log(self.position, PAGE).await?;
        node.remember(entries.iter().cloned());
        Ok(entries)
    }
}

/// At most `limit` records after `after`.
pub(crate) async fn read(
    store: &Store,
    after: LogPosition,
    limit: usize,
) -> Result<Vec<LogEntry>, StoreError> {
    let part = Prefix::all().after(&after);
    let rows = store.read_range(TABLE, &part, Direction::Forward, limit).await?;
    rows.into_iter()
        .map(|(key, record)| Ok(LogEntry { position: position(&key)?, record }))
        .collect()
}

/// The position that a key of the log's table says.
pub(crate) fn position(key: &[u8]) -> Result<LogPosition, StoreError> {
    LogPosition::read(&mut KeyReader::new(key))
        .map_err(|source| StoreError::Codec { table: TABLE, source })
}
