//! One committer per store: drains the waiting batches into one transaction, one fsync.
//!
//! Batches are applied in the order in which they came. A batch whose check fails is left out
//! and the others go on: checks come before operations, so nothing has to be undone.

use std::thread::JoinHandle;

use base::number::LogPosition;
use tokio::sync::{mpsc, oneshot, watch};

use crate::batch::{Batch, Check, Operation};
use crate::codec::CodecError;
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
    /// At which batch, counted from 1. Batches that wait together share a transaction, and so
    /// their fate.
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
        to: Option<&[u8]>,
    ) -> Result<(), StoreError>;
}

type Answer = Result<Committed, CommitError>;

struct Request {
    batch: Batch,
    answer: oneshot::Sender<Answer>,
}

/// The way to the committer. Dropping it waits until everything is written and the engine closed.
pub(crate) struct Committer {
    queue: Option<mpsc::Sender<Request>>,
    end: watch::Receiver<LogPosition>,
    thread: Option<JoinHandle<()>>,
}

impl Committer {
    /// Starts the committer's thread over an engine whose log ends at `end`.
    pub(crate) fn start(
        engine: Engine,
        end: LogPosition,
        crash: Option<Crash>,
    ) -> Result<Self, StoreError> {
        let (queue, requests) = mpsc::channel(QUEUE);
        let (publish, receiver) = watch::channel(end);
        let mut worker = Worker { engine, end, publish, crash, taken: 0 };
        let thread = std::thread::Builder::new()
            .name("committer".to_owned())
            .spawn(move || worker.run(requests))
            .map_err(|error| StoreError::Engine(error.to_string()))?;
        Ok(Self { queue: Some(queue), end: receiver, thread: Some(thread) })
    }

    pub(crate) async fn commit(&self, batch: Batch) -> Result<Committed, CommitError> {
        let (answer, answered) = oneshot::channel();
        let queue = self.queue.as_ref().ok_or(StoreError::Closed)?;
        queue.send(Request { batch, answer }).await.map_err(|_| StoreError::Closed)?;
        answered.await.map_err(|_| StoreError::Closed)?
    }

    pub(crate) fn end(&self) -> watch::Receiver<LogPosition> {
        self.end.clone()
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.queue.as_ref().is_none_or(mpsc::Sender::is_closed)
    }
}

impl Drop for Committer {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the committer panicked");
        }
    }
}

struct Worker {
    engine: Engine,
    end: LogPosition,
    publish: watch::Sender<LogPosition>,
    crash: Option<Crash>,
    taken: u64,
}

impl Worker {
    fn run(&mut self, mut requests: mpsc::Receiver<Request>) {
        let mut group = Vec::with_capacity(GROUP);
        while requests.blocking_recv_many(&mut group, GROUP) > 0 {
            self.taken += group.len() as u64;
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

    fn crashes(&self, moment: Moment) -> bool {
        self.crash.is_some_and(|crash| crash.moment == moment && crash.at <= self.taken)
    }

    /// Applies the group in one transaction; the answers, or the failure of all.
    fn apply(&mut self, group: &[Request]) -> Result<Vec<Answer>, StoreError> {
        let mut end = self.end;
        let answers = self.engine.write(&mut |transaction| {
            group.iter().map(|request| apply(transaction, &request.batch, &mut end)).collect()
        })?;
        self.end = end;
        Ok(answers)
    }

    fn answer(&self, group: &mut Vec<Request>, outcome: Result<Vec<Answer>, StoreError>) {
        // Followers first: who reads its own write in the log must find it there.
        if *self.publish.borrow() != self.end {
            self.publish.send_replace(self.end);
        }
        let answers = outcome.unwrap_or_else(|error| {
            tracing::error!(%error, batches = group.len(), "transaction failed");
            let failed = || Err(StoreError::Engine(error.to_string()).into());
            group.iter().map(|_| failed()).collect()
        });
        for (request, answer) in group.drain(..).zip(answers) {
            // Who asked may be gone: whether they wait is theirs to know.
            let _ = request.answer.send(answer);
        }
    }
}

/// Applies one batch: all of it, or nothing with `Conflict` inside.
fn apply(
    transaction: &mut dyn WriteTransaction,
    batch: &Batch,
    end: &mut LogPosition,
) -> Result<Answer, StoreError> {
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
        perform(transaction, operation, *end)?;
    }
    for record in &batch.log {
        *end = LogPosition(end.0 + 1);
        transaction.put(log::TABLE, &end.0.to_be_bytes(), record)?;
    }
    Ok(Ok(Committed { position: *end }))
}

/// Performs one operation of a batch before whose records the log ends at `end`.
fn perform(
    transaction: &mut dyn WriteTransaction,
    operation: &Operation,
    end: LogPosition,
) -> Result<(), StoreError> {
    match operation {
        Operation::Put { table, key, value } => transaction.put(table, key, value),
        Operation::Delete { table, key } => transaction.delete(table, key),
        Operation::DeleteRange { table, from, to } => {
            transaction.delete_range(table, from, to.as_deref())
        }
        Operation::Add { table, key, amount } => {
            let was = counter(table, transaction.get(table, key)?)?;
            transaction.put(table, key, &was.saturating_add(*amount).to_be_bytes())
        }
        Operation::PutAtPosition { table, prefix, record, value } => {
            let position = end.0 + 1 + *record as u64;
            let key = [prefix.as_slice(), &position.to_be_bytes()].concat();
            transaction.put(table, &key, value)
        }
    }
}

/// The value of a counter's bytes; 0 when there are none.
pub(crate) fn counter(table: &'static str, bytes: Option<Vec<u8>>) -> Result<i64, StoreError> {
    let Some(bytes) = bytes else { return Ok(0) };
    let bytes = bytes.try_into();
    bytes
        .map(i64::from_be_bytes)
        .map_err(|_| StoreError::Codec { table, source: CodecError::Length })
}
