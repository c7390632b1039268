//! What one opened store knows of the log's end, and what it hears from the other nodes.

use std::sync::Arc;

use base::number::LogPosition;
use parking_lot::Mutex;
use tokio::sync::{broadcast, watch};

use crate::error::StoreError;
use crate::log::LogEntry;
use crate::tail::Tail;

/// Hints that a slow reader may be behind, before it loses the oldest.
const HINTS_HELD: usize = 1024;

/// Something that another node said in passing: may be lost, and nothing may depend on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// What it is about.
    pub topic: String,
    /// What was said.
    pub payload: Arc<[u8]>,
}

/// The log's end as a store knows it.
#[derive(Clone, Copy, Debug)]
struct End {
    position: LogPosition,
    closed: bool,
}

/// One opened store among those that share its rows.
#[derive(Debug)]
pub(crate) struct Node {
    end: watch::Sender<End>,
    hints: broadcast::Sender<Hint>,
    tail: Mutex<Tail>,
    /// Held by whoever reads what the tail lacks: others find it there afterwards.
    pub(crate) reading: tokio::sync::Mutex<()>,
}

impl Node {
    /// A node that knows that the log ends at `position`.
    pub(crate) fn new(position: LogPosition) -> Self {
        let (end, _) = watch::channel(End { position, closed: false });
        let (hints, _) = broadcast::channel(HINTS_HELD);
        Self { end, hints, tail: Mutex::default(), reading: tokio::sync::Mutex::default() }
    }

    pub(crate) fn end(&self) -> LogPosition {
        self.end.borrow().position
    }

    /// The log goes at least as far as `position`.
    pub(crate) fn moved_to(&self, position: LogPosition) {
        self.end.send_if_modified(|end| {
            let moved = position > end.position;
            end.position = end.position.max(position);
            moved
        });
    }

    /// Remembers records that follow one another.
    pub(crate) fn remember(&self, entries: impl IntoIterator<Item = LogEntry>) {
        self.tail.lock().take(entries);
    }

    /// At most `limit` records just after `position`, as far as they are remembered.
    pub(crate) fn remembered(&self, position: LogPosition, limit: usize) -> Vec<LogEntry> {
        self.tail.lock().after(position, limit)
    }

    /// Nothing is committed here any more.
    pub(crate) fn close(&self) {
        self.end.send_modify(|end| end.closed = true);
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.end.borrow().closed
    }

    /// Waits until nothing is committed here any more.
    pub(crate) async fn closed(&self) {
        let mut end = self.end.subscribe();
        // An error says that the node itself is gone.
        let _ = end.wait_for(|end| end.closed).await;
    }

    /// Waits until the log goes beyond `position`.
    pub(crate) async fn beyond(&self, position: LogPosition) -> Result<(), StoreError> {
        let mut end = self.end.subscribe();
        let seen = end.wait_for(|end| end.closed || end.position > position).await;
        match seen {
            Ok(end) if end.position > position => Ok(()),
            Ok(_) | Err(_) => Err(StoreError::Closed),
        }
    }

    /// Hands a hint of another node to whoever listens.
    pub(crate) fn hear(&self, hint: Hint) {
        // An error says that nobody listens.
        let _ = self.hints.send(hint);
    }

    pub(crate) fn hints(&self) -> broadcast::Receiver<Hint> {
        self.hints.subscribe()
    }
}
