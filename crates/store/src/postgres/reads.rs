//! The reads of a key-value store as statements: the same on a pool and in a snapshot.

use std::future::Future;

use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use crate::engine::Rows;
use crate::error::StoreError;
use crate::postgres::Parameters;
use crate::postgres::connect::Failure;
use crate::table::{Direction, Prefix};

const GET: &str = "select v from rows where t = $1 and k = $2";
// Each key is looked up by itself: a join would be free to read the whole table instead.
const GET_MANY: &str = "select (select r.v from rows r where r.t = $1 and r.k = asked.k)
     from unnest($2::bytea[]) with ordinality as asked(k, n) order by asked.n";
const SCAN_EACH: &str = "select part.n, r.k, r.v
     from unnest($2::bytea[], $3::smallint[], $4::bytea[]) with ordinality as part(k, to_t, to_k, n)
     cross join lateral (
         select k, v from rows
         where (t, k) >= ($1, part.k) and (t, k) < (part.to_t, part.to_k) order by t, k limit $5
     ) as r order by part.n, r.k";
const SCAN_EACH_BACKWARD: &str = "select part.n, r.k, r.v
     from unnest($2::bytea[], $3::smallint[], $4::bytea[]) with ordinality as part(k, to_t, to_k, n)
     cross join lateral (
         select k, v from rows
         where (t, k) >= ($1, part.k) and (t, k) < (part.to_t, part.to_k)
         order by t desc, k desc limit $5
     ) as r order by part.n, r.k desc";

/// Where rows are read.
pub(crate) trait Reads: Sync {
    /// The number of a table, if it has one here.
    fn number(&self, table: &str) -> impl Future<Output = Result<Option<i16>, StoreError>> + Send;

    /// Runs a statement that changes nothing, or nothing more when it is run twice.
    fn rows(
        &self,
        statement: &'static str,
        parameters: Parameters<'_>,
    ) -> impl Future<Output = Result<Vec<Row>, StoreError>> + Send;

    /// The value of a key.
    fn get(
        &self,
        table: &str,
        key: &[u8],
    ) -> impl Future<Output = Result<Option<Vec<u8>>, StoreError>> + Send {
        async move {
            let Some(table) = self.number(table).await? else { return Ok(None) };
            one_value(&self.rows(GET, &[&table, &key]).await?)
        }
    }

    /// The value of each of many keys.
    fn get_many(
        &self,
        table: &str,
        keys: &[Vec<u8>],
    ) -> impl Future<Output = Result<Vec<Option<Vec<u8>>>, StoreError>> + Send {
        async move {
            if keys.is_empty() {
                return Ok(Vec::new());
            }
            match self.number(table).await? {
                Some(table) => values(&self.rows(GET_MANY, &[&table, &keys]).await?),
                None => Ok(keys.iter().map(|_| None).collect()),
            }
        }
    }

    /// The rows of a part of a table, in order.
    fn scan(
        &self,
        table: &str,
        part: &Prefix,
        direction: Direction,
        limit: usize,
    ) -> impl Future<Output = Result<Rows, StoreError>> + Send {
        async move {
            if part.bounds().is_none() {
                return Ok(Rows::new());
            }
            let Some(table) = self.number(table).await? else { return Ok(Rows::new()) };
            let scan = Scan::new(table, part, direction, limit);
            keys_and_values(&self.rows(scan.statement, &scan.parameters()).await?)
        }
    }

    /// The rows of each of many parts, at most `limit` of each.
    fn scan_each(
        &self,
        table: &str,
        parts: &[Prefix],
        direction: Direction,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<Rows>, StoreError>> + Send {
        async move {
            let Some(table) = self.number(table).await? else {
                return Ok(vec![Rows::new(); parts.len()]);
            };
            let scans = Scans::new(table, parts, limit);
            let statement = match direction {
                Direction::Forward => SCAN_EACH,
                Direction::Backward => SCAN_EACH_BACKWARD,
            };
            scans.results(&self.rows(statement, &scans.parameters()).await?)
        }
    }
}

/// Where a part of a table ends: before a key, or before the first key of the next table.
pub(crate) fn end_of(table: i16, to: Option<&[u8]>) -> (i16, &[u8]) {
    to.map_or((table.saturating_add(1), &[]), |to| (table, to))
}

fn rows_at_most(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// A scan as a statement and its parameters.
struct Scan<'p> {
    statement: &'static str,
    table: i16,
    part: &'p Prefix,
    limit: i64,
}

impl<'p> Scan<'p> {
    fn new(table: i16, part: &'p Prefix, direction: Direction, limit: usize) -> Self {
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
        Self { statement, table, part, limit: rows_at_most(limit) }
    }

    fn parameters(&self) -> Vec<&(dyn ToSql + Sync)> {
        let mut parameters: Vec<&(dyn ToSql + Sync)> =
            vec![&self.table, &self.part.from, &self.limit];
        parameters.extend(self.part.to.as_ref().map(|to| to as &(dyn ToSql + Sync)));
        parameters
    }
}

/// Scans of many parts of a table as one statement's parameters.
struct Scans<'p> {
    table: i16,
    from: Vec<&'p [u8]>,
    to_tables: Vec<i16>,
    to: Vec<&'p [u8]>,
    limit: i64,
}

impl<'p> Scans<'p> {
    fn new(table: i16, parts: &'p [Prefix], limit: usize) -> Self {
        let (from, to_tables, to) = (Vec::new(), Vec::new(), Vec::new());
        let mut scans = Self { table, from, to_tables, to, limit: rows_at_most(limit) };
        for part in parts {
            scans.from.push(&part.from);
            let (to_table, to) = end_of(table, part.to.as_deref());
            scans.to_tables.push(to_table);
            scans.to.push(to);
        }
        scans
    }

    fn parameters(&self) -> [&(dyn ToSql + Sync); 5] {
        [&self.table, &self.from, &self.to_tables, &self.to, &self.limit]
    }

    /// The rows of each part: what was found says of which it is, counted from 1.
    fn results(&self, found: &[Row]) -> Result<Vec<Rows>, StoreError> {
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

fn one_value(rows: &[Row]) -> Result<Option<Vec<u8>>, StoreError> {
    let value = rows.first().map(|row| row.try_get(0)).transpose();
    Ok(value.map_err(Failure::from)?)
}

fn values(rows: &[Row]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
    let values: Result<_, _> = rows.iter().map(|row| row.try_get(0)).collect();
    Ok(values.map_err(Failure::from)?)
}

fn keys_and_values(rows: &[Row]) -> Result<Rows, StoreError> {
    let pairs: Result<_, _> =
        rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect();
    Ok(pairs.map_err(|error: tokio_postgres::Error| Failure::from(error))?)
}
