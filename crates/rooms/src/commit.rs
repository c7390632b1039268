//! Making a writing durable, then visible; deciding again when somebody else wrote first.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use store::CommitError;

use crate::append::Writing;
use crate::error::RoomError;
use crate::event::damaged;
use crate::load::Rooms;
use crate::room::Room;
use crate::tables::HEADS;

/// How often a decision is taken at most. Each loss is another writer's gain, and other nodes let
/// this one in, so that so many in a row mean that something else is wrong.
const ATTEMPTS: u32 = 32;
/// Losses in a row after which a pause of random length comes before the next try: nodes that
/// take turns in runs lose less often than nodes that race for each event.
const PATIENCE: u32 = 2;
/// Losses in a row after which the other nodes are asked to let this one in.
const ENOUGH: u32 = 8;
/// The longest pause.
const LONGEST_PAUSE: u64 = 32;

/// Decides, and again for as long as somebody else wrote what the decision was taken on.
pub(crate) async fn deciding<T, F>(mut decide: impl FnMut() -> F) -> Result<T, RoomError>
where
    F: Future<Output = Result<T, RoomError>>,
{
    for attempt in 1..ATTEMPTS {
        match decide().await {
            Err(RoomError::Busy) => pause(attempt).await,
            decided => return decided,
        }
    }
    decide().await
}

impl Rooms {
    /// Takes the room's writer's place and decides on the room as it is in memory; again when the
    /// store has it otherwise. A refusal, too, stands only on what the store has.
    pub(crate) async fn decide<T, F>(
        &self,
        room: &Arc<Room>,
        decide: impl Fn(Writing) -> F,
    ) -> Result<T, RoomError>
    where
        F: Future<Output = Result<T, RoomError>>,
    {
        let turn = Arc::new(Arc::clone(&room.writer).lock_owned().await);
        for attempt in 1..=ATTEMPTS {
            room.share.give_way().await;
            let before = room.current();
            let moved = |up: bool| up || room.current().head != before.head;
            match decide(self.write(room, &turn)?).await {
                Err(RoomError::Busy) => {
                    if attempt >= ENOUGH {
                        self.ask_for(room.no);
                    }
                    self.bring_up(room).await?;
                    pause(attempt).await;
                }
                // The log's follower may have brought it up before this task looked.
                Err(refusal) if refusal.is_decision() && moved(self.bring_up(room).await?) => {}
                decided => return decided,
            }
        }
        Err(RoomError::Busy)
    }

    /// How often another node wrote a room first, so that something had to be decided again.
    pub fn conflicts(&self) -> u64 {
        self.0.conflicts.load(Ordering::Relaxed)
    }
}

async fn pause(attempt: u32) {
    if attempt > PATIENCE {
        let longest = 2_u64.saturating_pow(attempt - PATIENCE).min(LONGEST_PAUSE);
        let random = u64::from_be_bytes(base::random::bytes()) % (longest * 1000);
        tokio::time::sleep(Duration::from_micros(random)).await;
    }
}

impl Writing {
    /// Makes everything drafted durable, then visible. Once begun it ends, even when whoever asked
    /// is gone: what is on disk and what is in memory stay the same.
    pub(crate) async fn commit(self) -> Result<(), RoomError> {
        let task = tokio::spawn(self.finish());
        task.await.map_err(|error| damaged(&error))?
    }

    /// Nothing is to be written: that this is so must stand on what the store has, too.
    pub(crate) async fn leave(self) -> Result<(), RoomError> {
        let head = HEADS.get(&self.rooms.0.store, &self.room.no).await?;
        if head.as_ref() == Some(&self.base.head) { Ok(()) } else { Err(RoomError::Busy) }
    }

    async fn finish(mut self) -> Result<(), RoomError> {
        HEADS.put(&mut self.batch, &self.room.no, &self.current.head)?;
        let inner = &self.rooms.0;
        // Whoever follows the log may be told of them before this task is.
        inner.events.put_new(&self.added);
        if let Err(error) = inner.store.commit(std::mem::take(&mut self.batch)).await {
            if let CommitError::Conflict { table } = error {
                inner.conflicts.fetch_add(1, Ordering::Relaxed);
                tracing::debug!(room.no = %self.room.no, table, "another node wrote first");
            }
            return Err(error.into());
        }
        for (no, node) in std::mem::take(&mut self.nodes) {
            inner.nodes.insert(no, node);
        }
        self.rooms.withdraw(&self.withdrawn);
        // Whoever follows the log may have moved the room on already.
        if !self.room.replace(&self.base, self.current) {
            // What does not follow was brought up from the store, with these.
            let _ = self.room.push(&self.added);
        }
        Ok(())
    }
}
