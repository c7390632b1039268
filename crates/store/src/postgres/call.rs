//! Committing: one call of one function per run of batches, repeated until its answer is known.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use base::number::LogPosition;
use tokio::sync::Mutex;
use tokio_postgres::{Client, Statement};

use crate::batch::Batch;
use crate::committer::{Answer, Committed};
use crate::error::{CommitError, StoreError};
use crate::node::Node;
use crate::postgres::arrays::Arrays;
use crate::postgres::connect::{Failure, Patience, in_time};
use crate::postgres::plan::{self, Run};
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

/// What became of a run.
enum Decided {
    /// All of it was written.
    Applied { log_before: LogPosition },
    /// Nothing was, because of these batches; each with the table of its first failed check.
    Refused(BTreeMap<usize, &'static str>),
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
            let refused = match self.try_run(&run, batches).await {
                Ok(Decided::Applied { log_before }) => {
                    let mut end = log_before.0;
                    for number in run.batches {
                        end += batches.get(number).map_or(0, |batch| batch.log.len() as u64);
                        answers.insert(number, Ok(Committed { position: LogPosition(end) }));
                    }
                    return;
                }
                Ok(Decided::Refused(refused)) => refused,
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

    async fn try_run(&self, run: &Run, batches: &[&Batch]) -> Result<Decided, StoreError> {
        let arrays = Arrays::new(self, run, batches).await?;
        let Outcome { refused, log_before } = self.call(&arrays).await?;
        Ok(if refused.is_empty() {
            Decided::Applied { log_before }
        } else {
            Decided::Refused(arrays.refused(&refused))
        })
    }

    /// Calls the function until its answer is known.
    async fn call(&self, arrays: &Arrays<'_>) -> Result<Outcome, StoreError> {
        let mut line = self.calls.line.lock().await;
        line.turn += 1;
        let mut patience = Patience::endless();
        loop {
            match self.try_call(&mut line, arrays).await {
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

    async fn try_call(&self, line: &mut Line, arrays: &Arrays<'_>) -> Result<Outcome, Failure> {
        let (client, statement) = match line.connected.take() {
            Some(connected) => connected,
            None => self.connect_committer().await?,
        };
        let me = self.calls.me.as_slice();
        let row = {
            let whose: Parameters<'_> = &[&me, &line.turn];
            let parameters = [whose, &arrays.parameters()].concat();
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
