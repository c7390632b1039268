//! How the store fails.

use crate::codec::CodecError;

/// A read or an opening that failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The engine below failed (disk full, file damaged…).
    #[error("storage engine: {0}")]
    Engine(String),
    /// The store's file is open already, in this process or in another.
    #[error("store {path} is in use by another process")]
    InUse {
        /// Which file.
        path: String,
    },
    /// The store's file cannot be opened or made.
    #[error("store {path}: {reason}")]
    Open {
        /// Which file.
        path: String,
        /// Why not.
        reason: String,
    },
    /// A row was to stand at the position of a log record, and the batch has none.
    #[error("table {table}: the batch has no log record")]
    NoRecord {
        /// The table.
        table: &'static str,
    },
    /// Bytes that do not decode as the table's key or value.
    #[error("table {table}: {source}")]
    Codec {
        /// The table.
        table: &'static str,
        /// What is wrong with the bytes.
        source: CodecError,
    },
    /// The store was written by a newer version of Chappe.
    #[error("store has schema version {found}, this program knows {known} at most")]
    NewerSchema {
        /// Version on disk.
        found: u64,
        /// Newest version that this program reads.
        known: u64,
    },
    /// The database's schema is older than this program's.
    #[error(
        "the database has schema {found} and this program needs {needed}: run `chappe migrate`"
    )]
    OlderSchema {
        /// Version in the database; 0 when there is none.
        found: u64,
        /// Version that this program needs.
        needed: u64,
    },
    /// The engine is away: nothing was read, and whether a batch was applied is not known.
    #[error("the database is away: {reason}")]
    Unavailable {
        /// What was seen of it.
        reason: String,
    },
    /// The store is closed.
    #[error("store is closed")]
    Closed,
}

/// A batch that was not applied, or of which it is not known whether it was.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// A check failed: nothing was written. Read again and decide again.
    #[error("conflict in table {table}")]
    Conflict {
        /// The table of the check that failed first.
        table: &'static str,
    },
    /// The engine failed; the batch may have been applied, or not.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl StoreError {
    /// The same failure for another batch of the same transaction.
    pub(crate) fn again(&self) -> Self {
        match self {
            Self::Unavailable { reason } => Self::Unavailable { reason: reason.clone() },
            Self::Closed => Self::Closed,
            other => Self::Engine(other.to_string()),
        }
    }
}
