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
pub(crate) use snapshot::PostgresSnapshot;

use crate::engine::Rows;
use crate::error::StoreError;
use crate::node::Node;
use crate::postgres::call::Calls;
use crate::postgres::connect::{Dialer, Failure, Patience};
use crate::postgres::hints::Hints;
use crate::postgres::tables::Tables;
use crate::raw::RawRow;
use crate::table::{Direction, Prefix};

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

const GET: &str = "select v from rows where t = $1 and k = $2";
const GET_MANY: &str = "select r.v from unnest($2::bytea[]) with ordinality as asked(k, n)
     left join rows r on r.t = $1 and r.k = asked.k order by asked.n";
const SCAN_MANY: &str = "select part.n, r.k, r.v
     from unnest($2::bytea[], $3::smallint[], $4::bytea[]) with ordinality as part(k, to_t, to_k, n)
     cross join lateral (
         select k, v from rows
         where (t, k) >= ($1, part.k) and (t, k) < (part.to_t, part.to_k) order by t, k
     ) as r order by part.n, r.k";
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

    pub(crate) async fn get(&self, table: &str, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let table = self.tables.number(self, table).await?;
        one_value(&self.rows(GET, &[&table, &key]).await?)
    }

    pub(crate) async fn get_many(
        &self,
        table: &str,
        keys: &[Vec<u8>],
    ) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let table = self.tables.number(self, table).await?;
        values(&self.rows(GET_MANY, &[&table, &keys]).await?)
    }

    pub(crate) async fn scan(
        &self,
        table: &str,
        part: &Prefix,
        direction: Direction,
        limit: usize,
    ) -> Result<Rows, StoreError> {
        if part.bounds().is_none() {
            return Ok(Rows::new());
        }
        let table = self.tables.number(self, table).await?;
        let scan = Scan::new(table, part, direction, limit);
        keys_and_values(&self.rows(scan.statement, &scan.parameters()).await?)
    }

    pub(crate) async fn scan_many(
        &self,
        table: &str,
        parts: &[Prefix],
    ) -> Result<Vec<Rows>, StoreError> {
        let scans = Scans::new(self.tables.number(self, table).await?, parts);
        scans.results(&self.rows(SCAN_MANY, &scans.parameters()).await?)
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

    /// Runs a statement that may be run twice; tries again while the database is away.
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

/// A scan as a statement and its parameters.
pub(crate) struct Scan<'p> {
    pub(crate) statement: &'static str,
    table: i16,
    part: &'p Prefix,
    limit: i64,
}

impl<'p> Scan<'p> {
    pub(crate) fn new(table: i16, part: &'p Prefix, direction: Direction, limit: usize) -> Self {
        let statement = match (direction, part.to.is_some()) {
            (Direction::Forward, true) => {
                "select k, v from rows where t = $1 and k >= $2 and k < $4 order by t, k limit $3"
            }
            (Direction::Forward, false) => {
                "select k, v from rows where t = $1 and k >= $2 order by t, k limit $3"
            }
            (Direction::Backward, true) => {
                "select k, v from rows where t = $1 and k >= $2 and k < $4 order by t desc, k desc limit $3"
            }
            (Direction::Backward, false) => {
                "select k, v from rows where t = $1 and k >= $2 order by t desc, k desc limit $3"
            }
        };
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        Self { statement, table, part, limit }
    }

    pub(crate) fn parameters(&self) -> Vec<&(dyn ToSql + Sync)> {
        let mut parameters: Vec<&(dyn ToSql + Sync)> =
            vec![&self.table, &self.part.from, &self.limit];
        parameters.extend(self.part.to.as_ref().map(|to| to as &(dyn ToSql + Sync)));
        parameters
    }
}

/// Scans of many parts of a table as one statement's parameters.
pub(crate) struct Scans<'p> {
    table: i16,
    from: Vec<&'p [u8]>,
    to_tables: Vec<i16>,
    to: Vec<&'p [u8]>,
}

impl<'p> Scans<'p> {
    pub(crate) fn new(table: i16, parts: &'p [Prefix]) -> Self {
        let mut scans = Self { table, from: Vec::new(), to_tables: Vec::new(), to: Vec::new() };
        for part in parts {
            scans.from.push(&part.from);
            // Before the first key of the next table: the end of this one.
            let after = if part.to.is_some() { table } else { table.saturating_add(1) };
            scans.to_tables.push(after);
            scans.to.push(part.to.as_deref().unwrap_or_default());
        }
        scans
    }

    pub(crate) fn parameters(&self) -> [&(dyn ToSql + Sync); 4] {
        [&self.table, &self.from, &self.to_tables, &self.to]
    }

    /// The rows of each part: what was found says of which it is, counted from 1.
    pub(crate) fn results(&self, found: &[Row]) -> Result<Vec<Rows>, StoreError> {
        let mut results = vec![Rows::new(); self.from.len()];
        for row in found {
            let read = || Ok((row.try_get::<_, i64>(0)?, (row.try_get(1)?, row.try_get(2)?)));
            let (number, pair) =
                read().map_err(|error: tokio_postgres::Error| Failure::from(error))?;
            let place = usize::try_from(number - 1).ok().and_then(|at| results.get_mut(at));
            if let Some(rows) = place {
                rows.push(pair);
            }
        }
        Ok(results)
    }
}

pub(crate) fn position(row: &Row) -> Result<LogPosition, StoreError> {
    let position: i64 = row.try_get(0).map_err(Failure::from)?;
    u64::try_from(position)
        .map(LogPosition)
        .map_err(|_| StoreError::Engine("the log's end is negative".to_owned()))
}

pub(crate) fn one_value(rows: &[Row]) -> Result<Option<Vec<u8>>, StoreError> {
    let value = rows.first().map(|row| row.try_get(0)).transpose();
    Ok(value.map_err(Failure::from)?)
}

pub(crate) fn values(rows: &[Row]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
    let values: Result<_, _> = rows.iter().map(|row| row.try_get(0)).collect();
    Ok(values.map_err(Failure::from)?)
}

pub(crate) fn keys_and_values(rows: &[Row]) -> Result<Rows, StoreError> {
    let pairs: Result<_, _> =
        rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect();
    Ok(pairs.map_err(|error: tokio_postgres::Error| Failure::from(error))?)
}
