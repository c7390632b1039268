//! The arrays that a run of batches becomes: the parameters of `chappe_commit`.

use std::collections::BTreeMap;

use tokio_postgres::types::ToSql;

use crate::batch::{Batch, Check};
use crate::error::StoreError;
use crate::log;
use crate::postgres::PostgresEngine;
use crate::postgres::plan::{Folded, Run, Write};
use crate::postgres::reads::end_of;

/// Tables and keys, side by side.
#[derive(Default)]
struct Places<'b> {
    tables: Vec<i16>,
    keys: Vec<&'b [u8]>,
}

impl<'b> Places<'b> {
    fn push(&mut self, table: i16, key: &'b [u8]) {
        self.tables.push(table);
        self.keys.push(key);
    }
}

/// The function's arrays, in the order of its parameters.
#[derive(Default)]
pub(crate) struct Arrays<'b> {
    /// Whose each check is, and of which table.
    askers: Vec<(usize, &'static str)>,
    checks: Places<'b>,
    expected: Vec<Option<&'b [u8]>>,
    parts: Places<'b>,
    part_ends: Places<'b>,
    deletes: Places<'b>,
    puts: Places<'b>,
    values: Vec<&'b [u8]>,
    adds: Places<'b>,
    amounts: Vec<i64>,
    /// Keys here are what stands before the position.
    at_log: Places<'b>,
    records: Vec<i64>,
    at_log_values: Vec<&'b [u8]>,
    log_table: i16,
    log: Vec<&'b [u8]>,
}

impl<'b> Arrays<'b> {
    pub(crate) async fn new(
        engine: &PostgresEngine,
        run: &'b Run,
        batches: &[&'b Batch],
    ) -> Result<Self, StoreError> {
        let log_table = engine.tables.number(engine, log::TABLE).await?;
        let mut arrays = Self { log_table, ..Self::default() };
        let mut sums = BTreeMap::new();
        for (number, folded) in run.batches.iter().zip(&run.folded) {
            let Some(batch) = batches.get(*number) else { continue };
            arrays.take_checks(engine, *number, batch).await?;
            arrays.take_writes(engine, folded, &mut sums).await?;
            arrays.take_log(engine, batch).await?;
        }
        for ((table, key), amount) in sums {
            arrays.adds.push(engine.tables.number(engine, table).await?, key);
            arrays.amounts.push(amount);
        }
        Ok(arrays)
    }

    async fn take_checks(
        &mut self,
        engine: &PostgresEngine,
        number: usize,
        batch: &'b Batch,
    ) -> Result<(), StoreError> {
        for check in &batch.checks {
            let (table, key, value) = match check {
                Check::Absent { table, key } => (*table, key, None),
                Check::Equals { table, key, value } => (*table, key, Some(value.as_slice())),
            };
            self.askers.push((number, table));
            self.checks.push(engine.tables.number(engine, table).await?, key);
            self.expected.push(value);
        }
        Ok(())
    }

    async fn take_writes(
        &mut self,
        engine: &PostgresEngine,
        folded: &'b Folded,
        sums: &mut BTreeMap<(&'static str, &'b [u8]), i64>,
    ) -> Result<(), StoreError> {
        for (table, from, to) in &folded.parts {
            let table = engine.tables.number(engine, table).await?;
            self.parts.push(table, from);
            let (to_table, to) = end_of(table, to.as_deref());
            self.part_ends.push(to_table, to);
        }
        for ((table, key), write) in &folded.writes {
            let number = engine.tables.number(engine, table).await?;
            match write {
                Write::Put(value) => {
                    self.puts.push(number, key);
                    self.values.push(value);
                }
                Write::Delete => self.deletes.push(number, key),
                Write::Add(amount) => {
                    let sum = sums.entry((*table, key.as_slice())).or_insert(0_i64);
                    *sum = sum.saturating_add(*amount);
                }
            }
        }
        Ok(())
    }

    async fn take_log(
        &mut self,
        engine: &PostgresEngine,
        batch: &'b Batch,
    ) -> Result<(), StoreError> {
        let before = self.log.len();
        for row in &batch.at_log {
            self.at_log.push(engine.tables.number(engine, row.table).await?, &row.prefix);
            self.records.push(i64::try_from(before + row.record + 1).unwrap_or(i64::MAX));
            self.at_log_values.push(&row.value);
        }
        self.log.extend(batch.log.iter().map(Vec::as_slice));
        Ok(())
    }

    /// The parameters, from the third on.
    pub(crate) fn parameters(&self) -> [&(dyn ToSql + Sync); 21] {
        [
            &self.checks.tables,
            &self.checks.keys,
            &self.expected,
            &self.parts.tables,
            &self.parts.keys,
            &self.part_ends.tables,
            &self.part_ends.keys,
            &self.deletes.tables,
            &self.deletes.keys,
            &self.puts.tables,
            &self.puts.keys,
            &self.values,
            &self.adds.tables,
            &self.adds.keys,
            &self.amounts,
            &self.at_log.tables,
            &self.at_log.keys,
            &self.records,
            &self.at_log_values,
            &self.log_table,
            &self.log,
        ]
    }

    /// The batches whose checks failed, each with the table of its first. Checks are numbered
    /// from 1.
    pub(crate) fn refused(&self, checks: &[i64]) -> BTreeMap<usize, &'static str> {
        let mut refused = BTreeMap::new();
        for check in checks {
            let place = usize::try_from(*check - 1).ok().and_then(|at| self.askers.get(at));
            if let Some((number, table)) = place {
                refused.entry(*number).or_insert(*table);
            }
        }
        refused
    }
}
