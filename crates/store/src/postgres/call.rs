//! Committing: one call of one function per run of batches, repeated until its answer is known.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use base::number::LogPosition;
use tokio::sync::Mutex;
use tokio_postgres::{Client, Statement};

use crate::batch::{Batch, Check};
use crate::committer::{Answer, Committed};
use crate::error::{CommitError, StoreError};
use crate::log;
use crate::node::Node;
use crate::postgres::connect::{Failure, Patience, in_time};
use crate::postgres::plan::{self, Folded, Run, Write};
use crate::postgres::{Parameters, PostgresEngine};

const COMMIT: &str = "select refused, log_before from chappe_commit($1, $2, $3, $4, $5, $6, $7, $8, \
     $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)";
/// Forgets committers that ended long ago.
const TIDY: &str = "delete from committers where seen < now() - interval '7 days'";

/// The committer's own connection and its turns.
pub(crate) struct Calls {
    me: [u8; 16],
    line: Mutex<Line>,
    node: OnceLock<Arc<Node>>,
}

#[derive(Default)]
struct Line {
    turn: i64,
    connected: Option<(Client, Statement)>,
}

/// What the function answered.
struct Outcome {
    /// Numbers (from 1) of the checks that failed: then nothing was written.
    refused: Vec<i64>,
    log_before: LogPosition,
}

impl Calls {
    pub(crate) fn new() -> Self {
        Self { me: base::random::bytes(), line: Mutex::default(), node: OnceLock::new() }
    }

    pub(crate) fn join(&self, node: &Arc<Node>) {
        // A second time is the same node.
        let _ = self.node.set(Arc::clone(node));
    }

    /// Whether nobody waits for the outcome any more.
    fn is_closed(&self) -> bool {
        self.node.get().is_some_and(|node| node.is_closed())
    }
}

impl PostgresEngine {
    /// Applies batches in their order: each whole, or not at all with its reason.
    pub(crate) async fn apply(&self, batches: &[&Batch]) -> Vec<Answer> {
        let mut answers = BTreeMap::new();
        match plan::runs(batches) {
            Ok(runs) => {
                for run in runs {
                    self.apply_run(run, batches, &mut answers).await;
                }
            }
            Err(error) => tracing::error!(%error, "a group of batches cannot be planned"),
        }
        let missing = || Err(StoreError::Engine("the batch was not planned".to_owned()).into());
        (0..batches.len()).map(|number| answers.remove(&number).unwrap_or_else(missing)).collect()
    }

    /// Applies a run; what is refused is left out, and the rest asked for again.
    async fn apply_run(
        &self,
        mut run: Run,
        batches: &[&Batch],
        answers: &mut BTreeMap<usize, Answer>,
    ) {
        while !run.batches.is_empty() {
            let outcome = match Call::new(self, &run, batches).await {
                Ok(call) => self.call(&call).await.map(|outcome| (call, outcome)),
                Err(error) => Err(error),
            };
            let refused = match outcome {
                Ok((_, outcome)) if outcome.refused.is_empty() => {
                    let mut end = outcome.log_before.0;
                    for number in run.batches {
                        end += batches.get(number).map_or(0, |batch| batch.log.len() as u64);
                        answers.insert(number, Ok(Committed { position: LogPosition(end) }));
                    }
                    return;
                }
                Ok((call, outcome)) => call.refused(&outcome.refused),
                Err(error) => {
                    tracing::error!(%error, batches = run.batches.len(), "transaction failed");
                    for number in run.batches {
                        answers.insert(number, Err(error.again().into()));
                    }
                    return;
                }
            };
            run.leave_out(|number| refused.contains_key(&number));
            for (number, table) in refused {
                answers.insert(number, Err(CommitError::Conflict { table }));
            }
        }
    }

    /// Calls the function until its answer is known.
    async fn call(&self, call: &Call<'_>) -> Result<Outcome, StoreError> {
        let mut line = self.calls.line.lock().await;
        line.turn += 1;
        let mut patience = Patience::endless();
        loop {
            match self.try_call(&mut line, call).await {
                Ok(outcome) => return Ok(outcome),
                Err(Failure::Away(reason)) if self.calls.is_closed() => {
                    return Err(StoreError::Unavailable { reason });
                }
                Err(failure) => {
                    line.connected = None;
                    patience.wait(failure).await?;
                }
            }
        }
    }

    async fn try_call(&self, line: &mut Line, call: &Call<'_>) -> Result<Outcome, Failure> {
        let (client, statement) = match line.connected.take() {
            Some(connected) => connected,
            None => self.connect_committer().await?,
        };
        let me = self.calls.me.as_slice();
        let row = {
            let whose: Parameters<'_> = &[&me, &line.turn];
            let parameters = [whose, &call.parameters()].concat();
            in_time(client.query_one(&statement, &parameters)).await?
        };
        line.connected = Some((client, statement));
        let refused: Option<Vec<i64>> = row.try_get(0)?;
        let log_before: i64 = row.try_get(1)?;
        let log_before = LogPosition(log_before.try_into().unwrap_or_default());
        Ok(Outcome { refused: refused.unwrap_or_default(), log_before })
    }

    async fn connect_committer(&self) -> Result<(Client, Statement), Failure> {
        let client = self.dialer.connect().await?;
        in_time(client.execute(TIDY, &[])).await?;
        let statement = in_time(client.prepare(COMMIT)).await?;
        Ok((client, statement))
    }
}

/// The function's arrays.
#[derive(Default)]
struct Call<'b> {
    /// Whose each check is.
    checks: Vec<(usize, &'static str)>,
    check: (Vec<i16>, Vec<&'b [u8]>, Vec<Option<&'b [u8]>>),
    range: (Vec<i16>, Vec<&'b [u8]>, Vec<i16>, Vec<&'b [u8]>),
    delete: (Vec<i16>, Vec<&'b [u8]>),
    put: (Vec<i16>, Vec<&'b [u8]>, Vec<&'b [u8]>),
    add: (Vec<i16>, Vec<&'b [u8]>, Vec<i64>),
    at_log: (Vec<i16>, Vec<&'b [u8]>, Vec<i64>, Vec<&'b [u8]>),
    log_table: i16,
    log: Vec<&'b [u8]>,
}

impl<'b> Call<'b> {
    async fn new(
        engine: &PostgresEngine,
        run: &'b Run,
        batches: &[&'b Batch],
    ) -> Result<Self, StoreError> {
        let log_table = engine.tables.number(engine, log::TABLE).await?;
        let mut call = Self { log_table, ..Self::default() };
        let mut sums = BTreeMap::new();
        for (number, folded) in run.batches.iter().zip(&run.folded) {
            let Some(batch) = batches.get(*number) else { continue };
            call.add_checks(engine, *number, batch).await?;
            call.add_writes(engine, folded, &mut sums).await?;
            call.add_log(engine, batch).await?;
        }
        for ((table, key), amount) in sums {
            call.add.0.push(engine.tables.number(engine, table).await?);
            call.add.1.push(key);
            call.add.2.push(amount);
        }
        Ok(call)
    }

    async fn add_checks(
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
            self.checks.push((number, table));
            self.check.0.push(engine.tables.number(engine, table).await?);
            self.check.1.push(key);
            self.check.2.push(value);
        }
        Ok(())
    }

    async fn add_writes(
        &mut self,
        engine: &PostgresEngine,
        folded: &'b Folded,
        sums: &mut BTreeMap<(&'static str, &'b [u8]), i64>,
    ) -> Result<(), StoreError> {
        for (table, from, to) in &folded.parts {
            let table = engine.tables.number(engine, table).await?;
            self.range.0.push(table);
            self.range.1.push(from);
            // Before the first key of the next table: the end of this one.
            let after = table.saturating_add(1);
            self.range.2.push(if to.is_some() { table } else { after });
            self.range.3.push(to.as_deref().unwrap_or_default());
        }
        for ((table, key), write) in &folded.writes {
            let number = engine.tables.number(engine, table).await?;
            match write {
                Write::Put(value) => {
                    self.put.0.push(number);
                    self.put.1.push(key);
                    self.put.2.push(value);
                }
                Write::Delete => {
                    self.delete.0.push(number);
                    self.delete.1.push(key);
                }
                Write::Add(amount) => {
                    let sum = sums.entry((*table, key.as_slice())).or_insert(0_i64);
                    *sum = sum.saturating_add(*amount);
                }
            }
        }
        Ok(())
    }

    async fn add_log(
        &mut self,
        engine: &PostgresEngine,
        batch: &'b Batch,
    ) -> Result<(), StoreError> {
        let before = self.log.len();
        for row in &batch.at_log {
            self.at_log.0.push(engine.tables.number(engine, row.table).await?);
            self.at_log.1.push(&row.prefix);
            self.at_log.2.push(i64::try_from(before + row.record + 1).unwrap_or(i64::MAX));
            self.at_log.3.push(&row.value);
        }
        self.log.extend(batch.log.iter().map(Vec::as_slice));
        Ok(())
    }

    fn parameters(&self) -> Vec<&(dyn tokio_postgres::types::ToSql + Sync)> {
        vec![
            &self.check.0, &self.check.1, &self.check.2,
            &self.range.0, &self.range.1, &self.range.2, &self.range.3,
            &self.delete.0, &self.delete.1,
            &self.put.0, &self.put.1, &self.put.2,
            &self.add.0, &self.add.1, &self.add.2,
            &self.at_log.0, &self.at_log.1, &self.at_log.2, &self.at_log.3,
            &self.log_table, &self.log,
        ]
    }

    /// The batches whose checks failed, each with the table of its first.
    fn refused(&self, checks: &[i64]) -> BTreeMap<usize, &'static str> {
        let mut refused = BTreeMap::new();
        for check in checks {
            let place = usize::try_from(*check - 1).ok().and_then(|at| self.checks.get(at));
            if let Some((number, table)) = place {
                refused.entry(*number).or_insert(*table);
            }
        }
        refused
    }
}
