//! One committer per store: drains the waiting batches into one transaction, one fsync.
//!
//! Batches are applied in the order in which they came. A batch whose check fails is left out
//! and the others go on: checks come before operations, so nothing has to be undone.

use base::number::LogPosition;
use tokio::sync::{mpsc, oneshot, watch};

use crate::batch::{Batch, Check, Operation};
use crate::engine::Engine;
use crate::error::{CommitError, StoreError};
use crate::log;

/// Batches that wait at most, before `commit` itself waits.
const QUEUE: usize = 1024;
/// Batches in one transaction at most.
const GROUP: usize = 256;

/// A batch that is durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Committed {
    /// Position of the batch's last log record; the log's end at that moment when it had none.
    pub position: LogPosition,
}

/// For tests: the store stops as if its process had been killed.
#[derive(Clone, Copy, Debug)]
pub struct Crash {
    /// At which batch, counted from 1.
    pub at: u64,
    /// At which moment of it.
    pub moment: Moment,
}

/// When a crash happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The batch is lost.
    BeforeCommit,
    /// The batch is durable, its answer is lost.
    BeforeAnswer,
}

/// What an engine offers inside a write transaction.
pub(crate) trait WriteTransaction {
    fn get(&mut self, table: &'static str, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;
    fn put(&mut self, table: &'static str, key: &[u8], value: &[u8]) -> Result<(), StoreError>;
    fn delete(&mut self, table: &'static str, key: &[u8]) -> Result<(), StoreError>;
    fn delete_range(
        &mut self,
        table: &'static str,
        from: &[u8],
        to: &[u8],
    ) -> Result<(), StoreError>;
}

pub(crate) struct Request {
    batch: Batch,
    answer: oneshot::Sender<Result<Committed, CommitError>>,
}

/// The way to the committer.
pub(crate) struct Committer {
    queue: mpsc::Sender<Request>,
    end: watch::Receiver<LogPosition>,
}

impl Committer {
    /// Starts the committer's thread over an engine whose log ends at `end`.
    pub(crate) fn start(engine: Engine, end: LogPosition, crash: Option<Crash>) -> Self {
        let (queue, requests) = mpsc::channel(QUEUE);
        let (publish, receiver) = watch::channel(end);
        let mut worker = Worker { engine, end, publish, crash, applied: 0 };
        std::thread::spawn(move || worker.run(requests));
        Self { queue, end: receiver }
    }

    pub(crate) async fn commit(&self, batch: Batch) -> Result<Committed, CommitError> {
        let (answer, answered) = oneshot::channel();
        self.queue.send(Request { batch, answer }).await.map_err(|_| StoreError::Closed)?;
        answered.await.map_err(|_| StoreError::Closed)?
    }

    pub(crate) fn end(&self) -> watch::Receiver<LogPosition> {
        self.end.clone()
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.queue.is_closed()
    }
}

struct Worker {
    engine: Engine,
    end: LogPosition,
    publish: watch::Sender<LogPosition>,
    crash: Option<Crash>,
    applied: u64,
}

impl Worker {
    fn run(&mut self, mut requests: mpsc::Receiver<Request>) {
        let mut group = Vec::with_capacity(GROUP);
        while let Some(first) = requests.blocking_recv() {
            group.push(first);
            // A test that injects a crash counts batches, so each is a group of its own.
            let limit = if self.crash.is_some() { 1 } else { GROUP };
            while group.len() < limit
                && let Ok(next) = requests.try_recv()
            {
                group.push(next);
            }
            if self.crashes(Moment::BeforeCommit) {
                return;
            }
            let outcome = self.apply(&group);
            if self.crashes(Moment::BeforeAnswer) {
                return;
            }
            self.answer(&mut group, outcome);
        }
    }

    fn crashes(&mut self, moment: Moment) -> bool {
        if moment == Moment::BeforeCommit {
            self.applied += 1;
        }
        self.crash.is_some_and(|crash| crash.moment == moment && crash.at == self.applied)
    }

    /// Applies the group in one transaction; the answers, or the failure of all.
    fn apply(&mut self, group: &[Request]) -> Result<Vec<Result<Committed, CommitError>>, String> {
        let start = self.end;
        let mut end = start;
        let result = self.engine.write(&mut |transaction| {
            end = start;
            let mut answers = Vec::with_capacity(group.len());
            for request in group {
                answers.push(apply(transaction, &request.batch, &mut end)?);
            }
            Ok(answers)
        });
        match result {
            Ok(answers) => {
                self.end = end;
                Ok(answers)
            }
            Err(error) => Err(error.to_string()),
        }
    }

    fn answer(
        &self,
        group: &mut Vec<Request>,
        outcome: Result<Vec<Result<Committed, CommitError>>, String>,
    ) {
        if *self.publish.borrow() != self.end {
            self.publish.send_replace(self.end);
        }
        // Who asked may be gone: that is theirs to know.
        match outcome {
            Ok(answers) => {
                for (request, answer) in group.drain(..).zip(answers) {
                    let _ = request.answer.send(answer);
                }
            }
            Err(error) => {
                for request in group.drain(..) {
                    let failure = StoreError::Engine(error.clone());
                    let _ = request.answer.send(Err(failure.into()));
                }
            }
        }
    }
}

/// Applies one batch: all of it, or nothing with `Conflict` inside.
fn apply(
    transaction: &mut dyn WriteTransaction,
    batch: &Batch,
    end: &mut LogPosition,
) -> Result<Result<Committed, CommitError>, StoreError> {
    for check in &batch.checks {
        let (table, holds) = match check {
            Check::Absent { table, key } => (table, transaction.get(table, key)?.is_none()),
            Check::Equals { table, key, value } => {
                (table, transaction.get(table, key)?.as_ref() == Some(value))
            }
        };
        if !holds {
            return Ok(Err(CommitError::Conflict { table }));
        }
    }
    for operation in &batch.operations {
        match operation {
            Operation::Put { table, key, value } => transaction.put(table, key, value)?,
            Operation::Delete { table, key } => transaction.delete(table, key)?,
            Operation::DeleteRange { table, from, to } => {
                transaction.delete_range(table, from, to)?;
            }
            Operation::Add { table, key, amount } => {
                let was = transaction.get(table, key)?.and_then(|bytes| bytes.try_into().ok());
                let sum = was.map_or(0, i64::from_be_bytes).saturating_add(*amount);
                transaction.put(table, key, &sum.to_be_bytes())?;
            }
            Operation::PutAtPosition { table, prefix, record, value } => {
                let position = end.0 + 1 + *record as u64;
                let key = [prefix.as_slice(), &position.to_be_bytes()].concat();
                transaction.put(table, &key, value)?;
            }
        }
    }
    for record in &batch.log {
        *end = LogPosition(end.0 + 1);
        transaction.put(log::TABLE, &end.0.to_be_bytes(), record)?;
    }
    Ok(Ok(Committed { position: *end }))
}
