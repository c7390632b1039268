//! One committer per store: drains the waiting batches into one transaction, one fsync.
//!
//! Batches are applied in the order in which they came. A batch whose check fails is left out
//! and the others go on: checks come before operations, so nothing has to be undone.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use base::number::LogPosition;
use tokio::sync::{mpsc, oneshot};

use crate::batch::{Batch, Check, Operation};
use crate::codec::CodecError;
use crate::engine::Engine;
use crate::error::{CommitError, StoreError};
use crate::log::{self, LogEntry};
use crate::node::Node;

/// Batches that wait at most, before `commit` itself waits.
const QUEUE: usize = 1024;
/// Batches in one transaction at most.
const GROUP: usize = 256;
/// How long whoever commits waits for an answer, and how old a batch may be that is begun.
const PATIENCE: Duration = Duration::from_secs(20);

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

/// What an embedded engine offers inside a write transaction.
pub(crate) trait WriteTransaction {
    fn get(&mut self, table: &str, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;
    /// The greatest key of a table.
    fn last_key(&mut self, table: &str) -> Result<Option<Vec<u8>>, StoreError>;
    fn put(&mut self, table: &str, key: &[u8], value: &[u8]) -> Result<(), StoreError>;
    fn delete(&mut self, table: &str, key: &[u8]) -> Result<(), StoreError>;
    fn delete_range(
        &mut self,
        table: &str,
        from: &[u8],
        to: Option<&[u8]>,
    ) -> Result<(), StoreError>;
}

pub(crate) type Answer = Result<Committed, CommitError>;

struct Request {
    batch: Batch,
    asked: Instant,
    answer: oneshot::Sender<Answer>,
}

/// The way to the committer. Dropping it waits until everything is written and the engine closed.
pub(crate) struct Committer {
    queue: Option<mpsc::Sender<Request>>,
    node: Arc<Node>,
    /// Whether the engine is across a network.
    may_be_away: bool,
    thread: Option<JoinHandle<()>>,
}

impl Committer {
    /// Starts the committer's thread over an engine.
    pub(crate) fn start(
        engine: Engine,
        node: Arc<Node>,
        crash: Option<Crash>,
    ) -> Result<Self, StoreError> {
        let (queue, requests) = mpsc::channel(QUEUE);
        let failed = |error: std::io::Error| StoreError::Engine(error.to_string());
        let mut builder = tokio::runtime::Builder::new_current_thread();
        let may_be_away = matches!(engine, Engine::Postgres(_));
        if may_be_away {
            builder.enable_all();
        }
        let runtime = builder.build().map_err(failed)?;
        let mut worker = Worker { engine, node: Arc::clone(&node), crash, taken: 0 };
        let thread = std::thread::Builder::new()
            .name("committer".to_owned())
            .spawn(move || runtime.block_on(worker.run(requests)))
            .map_err(failed)?;
        Ok(Self { queue: Some(queue), node, may_be_away, thread: Some(thread) })
    }

    /// Hands a batch over and waits for its answer: where the engine may be away, for
    /// [`PATIENCE`] at most.
    pub(crate) async fn commit(&self, batch: Batch) -> Result<Committed, CommitError> {
        let (answer, answered) = oneshot::channel();
        let queue = self.queue.as_ref().ok_or(StoreError::Closed)?;
        let request = Request { batch, asked: Instant::now(), answer };
        let asked = async {
            queue.send(request).await.map_err(|_| StoreError::Closed)?;
            answered.await.map_err(|_| StoreError::Closed)?
        };
        if !self.may_be_away {
            return asked.await;
        }
        tokio::time::timeout(PATIENCE, asked).await.unwrap_or_else(|_| Err(too_late().into()))
    }
}

/// The answer to who waited in vain.
fn too_late() -> StoreError {
    StoreError::Unavailable { reason: "no answer within 20 seconds".to_owned() }
}

impl Drop for Committer {
    fn drop(&mut self) {
        self.queue = None;
        // Nobody waits any more: an engine that is away is not waited for.
        self.node.close();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the committer panicked");
        }
    }
}

struct Worker {
    engine: Engine,
    node: Arc<Node>,
    crash: Option<Crash>,
    taken: u64,
}

impl Worker {
    async fn run(&mut self, mut requests: mpsc::Receiver<Request>) {
        if let Engine::Postgres(engine) = &self.engine {
            engine.start_listening(&self.node);
        }
        let mut group = Vec::with_capacity(GROUP);
        self.work(&mut requests, &mut group).await;
        // Before the askers of what is left learn it.
        self.node.close();
    }

    async fn work(&mut self, requests: &mut mpsc::Receiver<Request>, group: &mut Vec<Request>) {
        while requests.recv_many(group, GROUP).await > 0 {
            drop_late(group);
            self.taken += group.len() as u64;
            if self.crashes(Moment::BeforeCommit) {
                return;
            }
            let batches: Vec<_> = group.iter().map(|request| &request.batch).collect();
            let answers = self.engine.apply(&batches).await;
            if self.crashes(Moment::BeforeAnswer) {
                return;
            }
            self.answer(group, answers);
        }
    }

    fn crashes(&self, moment: Moment) -> bool {
        self.crash.is_some_and(|crash| crash.moment == moment && crash.at <= self.taken)
    }

    fn answer(&self, group: &mut Vec<Request>, answers: Vec<Answer>) {
        // Followers first: who reads its own write in the log must find it there.
        for (request, answer) in group.iter_mut().zip(&answers) {
            if let Ok(committed) = answer {
                let records = std::mem::take(&mut request.batch.log);
                self.node.remember(numbered(records, committed.position));
            }
        }
        let committed = answers.iter().flatten().map(|committed| committed.position);
        if let Some(end) = committed.max()
            && end > self.node.end()
        {
            self.node.moved_to(end);
            self.engine.announce(end);
        }
        for (request, answer) in group.drain(..).zip(answers) {
            // Who asked may be gone: whether they wait is theirs to know.
            let _ = request.answer.send(answer);
        }
    }
}

/// Records of which the last stands at `last`.
fn numbered(records: Vec<Vec<u8>>, last: LogPosition) -> impl Iterator<Item = LogEntry> {
    let first = (last.0 + 1).saturating_sub(records.len() as u64);
    let entry = |(position, record)| LogEntry { position: LogPosition(position), record };
    (first..).zip(records).map(entry)
}

/// Leaves out what waited so long that whoever asked was told that it failed.
fn drop_late(group: &mut Vec<Request>) {
    if group.iter().any(|request| request.asked.elapsed() >= PATIENCE) {
        let (late, timely) =
            group.drain(..).partition(|request: &Request| request.asked.elapsed() >= PATIENCE);
        *group = timely;
        tracing::warn!(batches = Vec::len(&late), "left out: their askers gave up");
        for request in late {
            let _ = request.answer.send(Err(too_late().into()));
        }
    }
}

/// Applies one batch: all of it, or nothing with `Conflict` inside.
pub(crate) fn apply(
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
        perform(transaction, operation)?;
    }
    for row in &batch.at_log {
        let position = end.0 + 1 + row.record as u64;
        let key = [row.prefix.as_slice(), &position.to_be_bytes()].concat();
        transaction.put(row.table, &key, &row.value)?;
    }
    for record in &batch.log {
        *end = LogPosition(end.0 + 1);
        transaction.put(log::TABLE, &end.0.to_be_bytes(), record)?;
    }
    Ok(Ok(Committed { position: *end }))
}

fn perform(
    transaction: &mut dyn WriteTransaction,
    operation: &Operation,
) -> Result<(), StoreError> {
    match operation {
        Operation::Put { table, key, value } => transaction.put(table, key, value),
        Operation::Delete { table, key } => transaction.delete(table, key),
        Operation::DeleteRange { table, from, to } => {
            transaction.delete_range(table, from, to.as_deref())
        }
        Operation::Add { table, key, amount } => {
            let was = counter(table, transaction.get(table, key)?.as_deref())?;
            transaction.put(table, key, &was.saturating_add(*amount).to_be_bytes())
        }
    }
}

/// The value of a counter's bytes; 0 when there are none.
pub(crate) fn counter(table: &'static str, bytes: Option<&[u8]>) -> Result<i64, StoreError> {
    let Some(bytes) = bytes else { return Ok(0) };
    let bytes = bytes.try_into();
    bytes
        .map(i64::from_be_bytes)
        .map_err(|_| StoreError::Codec { table, source: CodecError::Length })
}
