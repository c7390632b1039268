//! The choice of engine below the store's front door: inside this process, or across a network.
//!
//! What goes across a network is boxed: its state is large, and whoever waits for news on a thousand
//! connections holds room for the largest thing that they may ever ask.

use std::sync::Arc;

use base::number::LogPosition;

use crate::batch::Batch;
use crate::committer::Answer;
use crate::embedded::{Embedded, EmbeddedSnapshot};
use crate::error::StoreError;
use crate::node::Node;
use crate::postgres::{PostgresEngine, PostgresSnapshot, Reads};
use crate::raw::RawRow;
use crate::table::{Direction, Prefix, Table};

/// Rows of one table as they stand: key and value.
pub type Rows = Vec<(Vec<u8>, Vec<u8>)>;

#[derive(Clone)]
pub(crate) enum Engine {
    Embedded(Embedded),
    Postgres(Arc<PostgresEngine>),
}

pub(crate) enum View {
    Embedded(EmbeddedSnapshot),
    Postgres(PostgresSnapshot),
}

/// The table that holds the format of the rows as a whole.
pub(crate) const SCHEMA: &str = SCHEMA_TABLE.name();
const SCHEMA_TABLE: Table<(), u64> = Table::new("schema");
/// Raised when older programs could not read the rows.
const CURRENT_SCHEMA: u64 = 1;

/// The mark of rows as this program writes them.
pub(crate) fn current_schema() -> Result<Vec<u8>, StoreError> {
    SCHEMA_TABLE.encode(&CURRENT_SCHEMA)
}

/// Refuses rows of a newer program.
pub(crate) fn require_known(mark: &[u8]) -> Result<(), StoreError> {
    schema_version(mark).map(drop)
}

/// The version of rows whose table `schema` holds this value, unless a newer program wrote them.
pub fn schema_version(mark: &[u8]) -> Result<u64, StoreError> {
    match SCHEMA_TABLE.decode(mark)? {
        found if found > CURRENT_SCHEMA => {
            Err(StoreError::NewerSchema { found, known: CURRENT_SCHEMA })
        }
        found => Ok(found),
    }
}

impl Engine {
    /// Applies batches in their order: each whole, or not at all with its reason.
    pub(crate) async fn apply(&self, batches: &[&Batch]) -> Vec<Answer> {
        match self {
            Self::Embedded(engine) => engine.apply(batches),
            Self::Postgres(engine) => Box::pin(engine.apply(batches)).await,
        }
    }

    /// Makes the node known to those that share its rows.
    pub(crate) fn join(&self, node: &Arc<Node>) {
        match self {
            Self::Embedded(Embedded::Redb(_)) => {}
            Self::Embedded(Embedded::Memory(disk)) => disk.join(node),
            Self::Postgres(engine) => engine.join(node),
        }
    }

    /// Tells the other nodes that the log goes as far as `end`.
    pub(crate) fn announce(&self, end: LogPosition) {
        match self {
            Self::Embedded(Embedded::Redb(_)) => {}
            Self::Embedded(Embedded::Memory(disk)) => disk.announce(end),
            Self::Postgres(engine) => engine.announce(end),
        }
    }

    /// Says something to the other nodes.
    pub(crate) fn publish(&self, from: &Arc<Node>, topic: &'static str, payload: &[u8]) {
        match self {
            Self::Embedded(Embedded::Redb(_)) => {}
            Self::Embedded(Embedded::Memory(disk)) => disk.publish(from, topic, payload),
            Self::Postgres(engine) => engine.publish(topic, payload),
        }
    }

    pub(crate) async fn snapshot(&self) -> Result<View, StoreError> {
        Ok(match self {
            Self::Embedded(engine) => View::Embedded(engine.snapshot()?),
            Self::Postgres(engine) => View::Postgres(Box::pin(engine.snapshot()).await?),
        })
    }

    pub(crate) async fn log_end(&self) -> Result<LogPosition, StoreError> {
        match self {
            Self::Embedded(engine) => engine.log_end(),
            Self::Postgres(engine) => Box::pin(engine.log_end()).await,
        }
    }

    pub(crate) async fn get(&self, table: &str, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        match self {
            Self::Embedded(engine) => engine.snapshot()?.get(table, key),
            Self::Postgres(engine) => Box::pin(engine.get(table, key)).await,
        }
    }

    pub(crate) async fn get_many(
        &self,
        table: &str,
        keys: &[Vec<u8>],
    ) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        match self {
            Self::Embedded(engine) => engine.snapshot()?.get_many(table, keys),
            Self::Postgres(engine) => Box::pin(engine.get_many(table, keys)).await,
        }
    }

    pub(crate) async fn scan(
        &self,
        table: &str,
        part: &Prefix,
        direction: Direction,
        limit: usize,
    ) -> Result<Rows, StoreError> {
        match self {
            Self::Embedded(engine) => engine.snapshot()?.scan(table, part, direction, limit),
            Self::Postgres(engine) => Box::pin(engine.scan(table, part, direction, limit)).await,
        }
    }

    pub(crate) async fn scan_each(
        &self,
        table: &str,
        parts: &[Prefix],
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<Rows>, StoreError> {
        match self {
            Self::Embedded(engine) => engine.snapshot()?.scan_each(table, parts, direction, limit),
            Self::Postgres(engine) => {
                Box::pin(engine.scan_each(table, parts, direction, limit)).await
            }
        }
    }

    pub(crate) async fn import(&self, rows: Vec<RawRow>) -> Result<(), StoreError> {
        match self {
            Self::Embedded(engine) => engine.import(&rows),
            Self::Postgres(engine) => Box::pin(engine.import(rows)).await,
        }
    }

    pub(crate) async fn finish_import(&self) -> Result<(), StoreError> {
        match self {
            // An embedded log ends where its last record is.
            Self::Embedded(_) => Ok(()),
            Self::Postgres(engine) => Box::pin(engine.finish_import()).await,
        }
    }
}

impl View {
    pub(crate) async fn tables(&self) -> Result<Vec<String>, StoreError> {
        match self {
            Self::Embedded(snapshot) => snapshot.tables(),
            Self::Postgres(snapshot) => Box::pin(snapshot.tables()).await,
        }
    }

    pub(crate) async fn get(&self, table: &str, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        match self {
            Self::Embedded(snapshot) => snapshot.get(table, key),
            Self::Postgres(snapshot) => Box::pin(snapshot.get(table, key)).await,
        }
    }

    pub(crate) async fn get_many(
        &self,
        table: &str,
        keys: &[Vec<u8>],
    ) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        match self {
            Self::Embedded(snapshot) => snapshot.get_many(table, keys),
            Self::Postgres(snapshot) => Box::pin(snapshot.get_many(table, keys)).await,
        }
    }

    pub(crate) async fn scan(
        &self,
        table: &str,
        part: &Prefix,
        direction: Direction,
        limit: usize,
    ) -> Result<Rows, StoreError> {
        match self {
            Self::Embedded(snapshot) => snapshot.scan(table, part, direction, limit),
            Self::Postgres(snapshot) => {
                Box::pin(snapshot.scan(table, part, direction, limit)).await
            }
        }
    }

    pub(crate) async fn scan_each(
        &self,
        table: &str,
        parts: &[Prefix],
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<Rows>, StoreError> {
        match self {
            Self::Embedded(snapshot) => snapshot.scan_each(table, parts, direction, limit),
            Self::Postgres(snapshot) => {
                Box::pin(snapshot.scan_each(table, parts, direction, limit)).await
            }
        }
    }
}
