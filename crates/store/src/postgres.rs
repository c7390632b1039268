//! The engine for more than one machine: rows in PostgreSQL, one function call per run of batches.
//!
//! Nodes are equal. The database makes one commit follow another, so that a check that held still
//! holds when the batch is written and the log has no gap; nobody owns anything. A call belongs to
//! a committer and a turn: repeated after a lost answer, it is answered and not done again.
//!
//! LISTEN and NOTIFY carry hints outside of transactions; whoever hears none asks every second.

mod arrays;
mod call;
mod connect;
mod hints;
mod migrate;
mod plan;
mod reads;
mod snapshot;
mod tables;

use std::sync::Arc;

use base::number::LogPosition;
use deadpool_postgres::Pool;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

pub use connect::PostgresSettings;
pub use migrate::Migration;
pub(crate) use migrate::migrate;
pub(crate) use reads::Reads;
pub(crate) use snapshot::PostgresSnapshot;

use crate::error::StoreError;
use crate::node::Node;
use crate::postgres::call::Calls;
use crate::postgres::connect::{Dialer, Failure, Patience};
use crate::postgres::hints::Hints;
use crate::postgres::tables::Tables;
use crate::raw::RawRow;

/// Parameters of a statement.
type Parameters<'a> = &'a [&'a (dyn ToSql + Sync)];

/// A database that is reached.
pub(crate) struct PostgresEngine {
    dialer: Dialer,
    pool: Pool,
    tables: Tables,
    calls: Calls,
    hints: Hints,
}

const LOG_END: &str = "select position from log_end";
const IMPORT: &str =
    "insert into rows (t, k, v) select * from unnest($1::smallint[], $2::bytea[], $3::bytea[])
     on conflict (t, k) do update set v = excluded.v";
const FINISH_IMPORT: &str = "update log_end set position = coalesce(
     (select ('x' || encode(k, 'hex'))::bit(64)::bigint from rows where t = $1 order by k desc limit 1), 0)";

impl PostgresEngine {
    /// Reaches the database and looks whether its schema is ours.
    pub(crate) async fn open(settings: &PostgresSettings) -> Result<Self, StoreError> {
        let dialer = Dialer::new(settings)?;
        migrate::require_current(&dialer).await?;
        let pool = dialer.pool(settings.connections)?;
        let (tables, calls, hints) = (Tables::default(), Calls::new(), Hints::new());
        Ok(Self { dialer, pool, tables, calls, hints })
    }

    pub(crate) fn join(&self, node: &Arc<Node>) {
        self.calls.join(node);
    }

    /// Starts to hear the other nodes, and to be heard. To be called on the committer's runtime.
    pub(crate) fn start_listening(&self, node: &Arc<Node>) {
        self.hints.start(self.dialer.clone(), node);
    }

    pub(crate) fn announce(&self, end: LogPosition) {
        self.hints.announce(end);
    }

    pub(crate) fn publish(&self, topic: &'static str, payload: &[u8]) {
        self.hints.publish(topic, payload);
    }

    pub(crate) async fn log_end(&self) -> Result<LogPosition, StoreError> {
        let row = self.rows(LOG_END, &[]).await?.pop();
        let row = row.ok_or_else(|| StoreError::Engine("log_end has no row".to_owned()))?;
        position(&row)
    }

    pub(crate) async fn snapshot(&self) -> Result<PostgresSnapshot, StoreError> {
        PostgresSnapshot::begin(&self.pool).await
    }

    pub(crate) async fn import(&self, rows: Vec<RawRow>) -> Result<(), StoreError> {
        let mut numbers = Vec::with_capacity(rows.len());
        for row in &rows {
            numbers.push(self.tables.number(self, &row.table).await?);
        }
        let keys: Vec<_> = rows.iter().map(|row| row.key.as_slice()).collect();
        let values: Vec<_> = rows.iter().map(|row| row.value.as_slice()).collect();
        self.rows(IMPORT, &[&numbers, &keys, &values]).await.map(drop)
    }

    pub(crate) async fn finish_import(&self) -> Result<(), StoreError> {
        let log = self.tables.number(self, crate::log::TABLE).await?;
        self.rows(FINISH_IMPORT, &[&log]).await.map(drop)
    }
}

impl Reads for PostgresEngine {
    async fn number(&self, table: &str) -> Result<Option<i16>, StoreError> {
        self.tables.number(self, table).await.map(Some)
    }

    /// Tries again while the database is away.
    async fn rows(
        &self,
        statement: &'static str,
        parameters: Parameters<'_>,
    ) -> Result<Vec<Row>, StoreError> {
        let mut patience = Patience::for_reads();
        loop {
            match connect::query(&self.pool, statement, parameters).await {
                Ok(rows) => return Ok(rows),
                Err(failure) => patience.wait(failure).await?,
            }
        }
    }
}

pub(crate) fn position(row: &Row) -> Result<LogPosition, StoreError> {
    let position: i64 = row.try_get(0).map_err(Failure::from)?;
    u64::try_from(position)
        .map(LogPosition)
        .map_err(|_| StoreError::Engine("the log's end is negative".to_owned()))
}
