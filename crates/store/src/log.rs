//! The log: dense, gap-free, in commit order. Everything that follows a change reads it.

use base::number::LogPosition;
use tokio::sync::watch;

use crate::codec::{Key, KeyReader};
use crate::engine::{Snapshot, Store};
use crate::error::StoreError;
use crate::table::{Direction, Prefix};

/// The table of log records: position → record.
pub(crate) const TABLE: &str = "log";

/// Records read at a time.
const PAGE: usize = 512;

/// One record and its position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// Where it stands.
    pub position: LogPosition,
    /// What was committed.
    pub record: Vec<u8>,
}

/// Follows the log: hands out every record once, in order, however slow its owner is.
pub struct LogFollower {
    store: Store,
    end: watch::Receiver<LogPosition>,
    position: LogPosition,
}

impl LogFollower {
    pub(crate) fn new(
        store: Store,
        end: watch::Receiver<LogPosition>,
        position: LogPosition,
    ) -> Self {
        Self { store, end, position }
    }

    /// The next records, at least one; waits until there is one.
    pub async fn next(&mut self) -> Result<Vec<LogEntry>, StoreError> {
        let position = self.position;
        self.end.wait_for(|end| *end > position).await.map_err(|_| StoreError::Closed)?;
        let entries = self.store.read_log(position, PAGE).await?;
        if let Some(last) = entries.last() {
            self.position = last.position;
        }
        Ok(entries)
    }
}

/// Position of the newest record; 0 when there is none.
pub(crate) fn end(view: &Snapshot) -> Result<LogPosition, StoreError> {
    let last = view.scan(TABLE, &Prefix::all(), Direction::Backward, 1)?;
    last.first().map_or(Ok(LogPosition(0)), |(key, _)| position(key))
}

/// At most `limit` records after `after`.
pub(crate) fn read(
    view: &Snapshot,
    after: LogPosition,
    limit: usize,
) -> Result<Vec<LogEntry>, StoreError> {
    let part = Prefix::all().after(&after);
    let rows = view.scan(TABLE, &part, Direction::Forward, limit)?;
    rows.into_iter()
        .map(|(key, record)| Ok(LogEntry { position: position(&key)?, record }))
        .collect()
}

fn position(key: &[u8]) -> Result<LogPosition, StoreError> {
    LogPosition::read(&mut KeyReader::new(key))
        .map_err(|source| StoreError::Codec { table: TABLE, source })
}
