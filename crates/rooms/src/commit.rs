//! Making a writing durable, then visible; deciding again when somebody else wrote first.

use std::sync::Arc;

use store::CommitError;

use crate::append::Writing;
use crate::error::RoomError;
use crate::event::damaged;
use crate::tables::HEADS;

/// How often a decision is taken at most.
const ATTEMPTS: usize = 8;

/// Decides, and again for as long as somebody else wrote what the decision was taken on.
pub(crate) async fn deciding<T, F>(mut decide: impl FnMut() -> F) -> Result<T, RoomError>
where
    F: Future<Output = Result<T, RoomError>>,
{
    for _ in 1..ATTEMPTS {
        match decide().await {
            Err(RoomError::Busy) => {}
            decided => return decided,
        }
    }
    decide().await
}

impl Writing {
    /// Makes everything drafted durable, then visible. Once begun it ends, even when whoever asked
    /// is gone: what is on disk and what is in memory stay the same.
    pub(crate) async fn commit(self) -> Result<(), RoomError> {
        let task = tokio::spawn(self.finish());
        task.await.map_err(|error| damaged(&error))?
    }

    async fn finish(mut self) -> Result<(), RoomError> {
        HEADS.put(&mut self.batch, &self.room.no, &self.current.head)?;
        let inner = &self.rooms.0;
        if let Err(error) = inner.store.commit(std::mem::take(&mut self.batch)).await {
            if matches!(error, CommitError::Conflict { .. }) {
                inner.numbers.catch_up(&inner.store).await?;
                // A room that was to be made is not there; any other is as somebody else left it.
                if self.turn.is_some() {
                    self.room.advance(self.rooms.load_current(self.room.no).await?);
                }
            }
            return Err(error.into());
        }
        for (no, node) in std::mem::take(&mut self.nodes) {
            inner.nodes.insert(no, node);
        }
        for event in &self.changed {
            inner.events.insert(event.no, Arc::clone(event));
        }
        self.room.advance(self.current);
        Ok(())
    }
}
