//! The log: dense from its first record to its last, and every record reads.

use base::number::LogPosition;
use store::{LogEntry, Store};

use crate::error::TransferError;
use crate::progress::{Phase, Progress};

/// The log's table, in the raw face of the store.
pub(crate) const TABLE: &str = "log";
/// Records read at a time.
const PAGE: usize = 1024;

/// Reads the log of a store through, up to where it ends now: how many records it has.
///
/// `read` says why a record is not one.
pub async fn check_log(
    store: &Store,
    read: &(dyn Fn(&LogEntry) -> Result<(), String> + Sync),
    progress: &Progress,
) -> Result<u64, TransferError> {
    progress.begin(Phase::Survey, None);
    let end = store.catch_up().await?;
    let mut at = LogPosition(0);
    while at < end {
        tokio::task::yield_now().await;
        let entries = store.read_log(at, PAGE).await?;
        if entries.is_empty() {
            return Err(TransferError::Gap { after: at.0, found: end.0 });
        }
        for entry in &entries {
            follows(at.0, entry.position.0)?;
            at = entry.position;
            read(entry).map_err(|reason| TransferError::Record { position: at.0, reason })?;
        }
        let bytes: usize = entries.iter().map(|entry| entry.record.len()).sum();
        progress.add(entries.len() as u64, bytes as u64);
    }
    progress.end();
    Ok(at.0)
}

/// Fails unless `found` is the position after `after`.
pub(crate) fn follows(after: u64, found: u64) -> Result<(), TransferError> {
    if after.checked_add(1) == Some(found) {
        Ok(())
    } else {
        Err(TransferError::Gap { after, found })
    }
}

/// The position that a raw key of the log holds.
pub(crate) fn position(key: &[u8]) -> Option<u64> {
    key.try_into().ok().map(u64::from_be_bytes)
}
