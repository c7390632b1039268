//! The store: ordered tables, atomic conditional batches, one dense log per shard.
//!
//! It knows nothing of Matrix, and nobody outside it knows which engine is below. A change is a
//! value: build a [`Batch`] of checks, operations and log records, and [`Store::commit`] it once.
//! It is durable before `commit` returns, and refused whole as [`CommitError::Conflict`] when a
//! check fails: read again, decide again.

mod batch;
mod codec;
mod committer;
mod cursor;
mod embedded;
mod engine;
mod error;
mod log;
mod memory;
mod node;
mod postgres;
mod raw;
mod redb;
mod snapshot;
mod store;
mod table;
mod tail;

pub use batch::Batch;
pub use codec::{CodecError, Key, KeyReader};
pub use committer::{Committed, Crash, Moment};
pub use cursor::Cursor;
pub use engine::Rows;
pub use engine::schema_version;
pub use error::{CommitError, StoreError};
pub use log::{LogEntry, LogFollower};
pub use memory::MemoryDisk;
pub use node::Hint;
pub use postgres::{Migration, PostgresSettings};
pub use raw::RawRow;
pub use snapshot::{Reader, Snapshot};
pub use store::Store;
pub use table::{Counters, Direction, Entry, Prefix, Table};
