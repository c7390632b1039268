//! Taking rooms, or what was said in them, away for good: works that take long, and end.
//!
//! A work is a row of the store, and each of its steps a batch that leaves less to do: whichever
//! node finds it goes on with it, after a stop or beside another. A room goes in three steps: the
//! people of this server leave it; then it is not found any more, and its key is destroyed; then
//! its events and state go, a page at a time. What was said goes by its bodies alone: the skeletons
//! stay, and the room's graph with them.

mod history;
mod room;

use std::time::Duration;

use base::clock::Timestamp;
use base::number::{RoomNo, TimelineOrd};
use ruma_common::{OwnedRoomId, OwnedUserId, RoomId, UserId};
use serde::{Deserialize, Serialize};
use store::{Batch, CommitError, Prefix};

use crate::blocking::block;
use crate::error::RoomError;
use crate::load::Rooms;
use crate::tables::PURGES;

/// How long it is told what came of a work.
const TOLD: Duration = Duration::from_hours(24);
/// How often a step is tried again after others wrote first.
const ATTEMPTS: usize = 16;

/// A work, as it is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct PurgeRow {
    pub(crate) room_id: String,
    pub(crate) room: RoomNo,
    pub(crate) work: Work,
    pub(crate) since: Timestamp,
    pub(crate) state: State,
    /// Who was put out of the room.
    pub(crate) put_out: Vec<String>,
    /// What the room went by.
    pub(crate) aliases: u64,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Work {
    /// Everybody leaves; the room stays.
    Empty,
    /// Everybody leaves, and nothing remains.
    Delete,
    /// What was said before a place goes.
    History {
        /// The place.
        before: TimelineOrd,
    },
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum State {
    /// To be done.
    Active,
    /// The room is not found any more; its rows are going.
    Unfound,
    /// Done.
    Done {
        /// Since when.
        at: Timestamp,
    },
}

/// What is asked to be done to a room.
#[derive(Clone, Debug)]
pub struct RoomRemoval {
    /// Who asks.
    pub by: OwnedUserId,
    /// Whether nobody may come in again.
    pub block: bool,
    /// Whether nothing remains; otherwise everybody leaves, and that is all.
    pub purge: bool,
}

/// What came of a work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PurgeStatus {
    /// Its id.
    pub id: String,
    /// Its room.
    pub room_id: OwnedRoomId,
    /// Whether it is done.
    pub done: bool,
    /// Whether a room was removed; otherwise what was said in it.
    pub of_room: bool,
    /// Who was put out of the room.
    pub put_out: Vec<OwnedUserId>,
}

impl Rooms {
    /// Begins to remove a room; the work's id. A room that is not there can be blocked all the
    /// same: then there is no work, and no id.
    pub async fn remove_room(
        &self,
        room_id: &RoomId,
        asked: &RoomRemoval,
    ) -> Result<Option<String>, RoomError> {
        let mut batch = Batch::new();
        if asked.block {
            block(&mut batch, &asked.by, room_id)?;
        }
        let no = match self.number_of(room_id).await {
            Ok(no) => no,
            Err(RoomError::UnknownRoom(_)) => {
                self.0.store.commit(batch).await?;
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let work = if asked.purge { Work::Delete } else { Work::Empty };
        self.begin_purge(batch, (room_id, no), work).await.map(Some)
    }

    /// Begins to take away what was said in a room before an event; the work's id.
    pub async fn purge_history(
        &self,
        room_id: &RoomId,
        before: TimelineOrd,
    ) -> Result<String, RoomError> {
        let no = self.number_of(room_id).await?;
        self.begin_purge(Batch::new(), (room_id, no), Work::History { before }).await
    }

    async fn begin_purge(
        &self,
        mut batch: Batch,
        (room_id, room): (&RoomId, RoomNo),
        work: Work,
    ) -> Result<String, RoomError> {
        let id = base::random::base32::<16>();
        let (since, state) = (self.0.clock.now(), State::Active);
        let room_id = room_id.to_string();
        let row = PurgeRow { room_id, room, work, since, state, put_out: Vec::new(), aliases: 0 };
        PURGES.put(&mut batch, &id, &row)?;
        self.0.store.commit(batch).await?;
        Ok(id)
    }

    /// What came of a work, for as long as it is told.
    pub async fn purge_status(&self, id: &str) -> Result<Option<PurgeStatus>, RoomError> {
        let row = PURGES.get(&self.0.store, &id.to_owned()).await?;
        Ok(row.and_then(|row| row.status(id.to_owned())))
    }

    /// What came of the works on a room, the newest first.
    pub async fn purges_of(&self, room_id: &RoomId) -> Result<Vec<PurgeStatus>, RoomError> {
        let rows = PURGES.all(&self.0.store, &Prefix::all()).await?;
        let mut rows: Vec<_> =
            rows.into_iter().filter(|(_, row)| row.room_id == *room_id).collect();
        rows.sort_by_key(|(_, row)| std::cmp::Reverse(row.since));
        Ok(rows.into_iter().filter_map(|(id, row)| row.status(id)).collect())
    }

    /// Does one work to its end.
    pub async fn finish_purge(&self, id: &str) -> Result<(), RoomError> {
        let id = id.to_owned();
        for _ in 0..ATTEMPTS {
            let Some(row) = PURGES.get(&self.0.store, &id).await? else { return Ok(()) };
            if matches!(row.state, State::Done { .. }) {
                return Ok(());
            }
            match self.purge_step(&id, &row).await {
                // Done, or somebody came in meanwhile.
                Ok(()) | Err(RoomError::Busy) => {}
                // Another node has gone on with it, and what was looked for is gone.
                Err(error) => {
                    if PURGES.get(&self.0.store, &id).await?.as_ref() == Some(&row) {
                        return Err(error);
                    }
                }
            }
        }
        Err(RoomError::Busy)
    }

    async fn purge_step(&self, id: &String, row: &PurgeRow) -> Result<(), RoomError> {
        match (row.state, row.work) {
            (State::Done { .. }, _) => Ok(()),
            (State::Active, Work::History { before }) => {
                self.take_history(row.room, before).await?;
                self.end_purge(id, row, row.clone()).await
            }
            (State::Active, Work::Empty) => {
                let put_out = self.put_everybody_out(row).await?;
                self.end_purge(id, row, PurgeRow { put_out, ..row.clone() }).await
            }
            (State::Active, Work::Delete) => {
                let put_out = self.put_everybody_out(row).await?;
                self.unfind(id, row, put_out).await
            }
            (State::Unfound, _) => {
                self.delete_rows(row.room).await?;
                self.end_purge(id, row, row.clone()).await
            }
        }
    }

    /// Goes on with works that a stop interrupted, on whatever node, and forgets those that were
    /// done long ago.
    pub async fn finish_purges(&self) -> Result<(), RoomError> {
        for (id, row) in PURGES.all(&self.0.store, &Prefix::all()).await? {
            match row.state {
                State::Done { at } if self.0.clock.now().since(at) > TOLD => {
                    let mut batch = Batch::new();
                    PURGES.delete(&mut batch, &id);
                    self.0.store.commit(batch).await?;
                }
                State::Done { .. } => {}
                State::Active | State::Unfound => self.finish_purge(&id).await?,
            }
        }
        Ok(())
    }

    async fn end_purge(&self, id: &String, was: &PurgeRow, row: PurgeRow) -> Result<(), RoomError> {
        let mut batch = Batch::new();
        let row = PurgeRow { state: State::Done { at: self.0.clock.now() }, ..row };
        PURGES.check_equals(&mut batch, id, was)?;
        PURGES.put(&mut batch, id, &row)?;
        Ok(self.0.store.commit(batch).await.map(drop)?)
    }

    /// Commits a step of which nothing is checked, or all stands as it was read.
    async fn commit_step(&self, batch: Batch) -> Result<(), RoomError> {
        match self.0.store.commit(batch).await {
            Ok(_) => Ok(()),
            Err(CommitError::Conflict { .. }) => Err(RoomError::Busy),
            Err(CommitError::Store(error)) => Err(error.into()),
        }
    }
}

impl PurgeRow {
    fn status(self, id: String) -> Option<PurgeStatus> {
        let done = matches!(self.state, State::Done { .. });
        let of_room = !matches!(self.work, Work::History { .. });
        let put_out = self.put_out.into_iter().filter_map(|user| UserId::parse(user).ok());
        let room_id = RoomId::parse(self.room_id).ok()?;
        Some(PurgeStatus { id, room_id, done, of_room, put_out: put_out.collect() })
    }
}
