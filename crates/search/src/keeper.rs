//! The task that keeps the index at the log's end.
//!
//! It alone writes the index. What it does for a stretch of the log is committed together with how
//! far it came, so that after any end it goes on from there; doing a stretch twice changes
//! nothing. Commits are made when somebody waits for them, when much has gathered, and after a
//! while: nothing is lost without them. Whatever fails is tried again, and what fails again begins
//! anew from the store; nobody else notices more than that nothing is found meanwhile.

mod stretch;

use std::sync::Arc;
use std::time::Duration;

use base::number::LogPosition;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rooms::Rooms;
use sha2::{Digest, Sha256};
use store::{LogEntry, LogFollower, Store};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep, sleep_until};

use crate::SearchError;
use crate::edits;
use crate::index::{Current, Mark, Place, Writing};
use crate::schema::VERSION;
use stretch::Stretches;

/// How long what was said waits to be committed at most, when nobody asks for it.
const PERIOD: Duration = Duration::from_secs(5);
/// Steps that wait to be committed at most.
const GATHERED: usize = 20_000;
/// How long what is found no more stays in the files at most.
const PURGE: Duration = Duration::from_hours(24);
/// How long is waited before what failed is tried again.
const PAUSE: Duration = Duration::from_millis(500);
/// The same, after it failed again and again.
const LONG_PAUSE: Duration = Duration::from_secs(10);

/// What the keeper is told.
pub(crate) enum Order {
    /// The index does not read: it is made anew.
    Damaged,
    /// The index is to be made anew; whoever asked learns when it is.
    Rebuild(oneshot::Sender<()>),
    /// It is time to end.
    Close,
}

/// The keeper.
pub(crate) struct Keeper {
    pub(crate) store: Store,
    pub(crate) rooms: Rooms,
    pub(crate) place: Place,
    /// What searches read.
    pub(crate) current: Arc<Current>,
    pub(crate) orders: mpsc::Receiver<Order>,
    /// How far somebody waits for.
    pub(crate) wanted: watch::Receiver<LogPosition>,
    /// How far the index goes for whoever searches; nothing while there is none.
    pub(crate) reached: watch::Sender<Option<LogPosition>>,
}

/// How the keeping of one opened index ended.
enum End {
    /// The store closed, or nobody holds the search any more.
    Closed,
    /// It is to begin anew.
    Anew,
}

/// An index that is kept.
struct Kept {
    writing: Option<Writing>,
    stretches: Stretches,
    mark: Mark,
    /// Steps that are not committed.
    waiting: usize,
    /// When they are to be.
    commit_at: Option<Instant>,
    /// When files are rid of what is found no more.
    purge_at: Option<Instant>,
    /// Whoever waits for the index to be whole: up to this position.
    whole: Vec<(LogPosition, oneshot::Sender<()>)>,
}

impl Keeper {
    /// Keeps the index until the store closes or nobody searches any more.
    pub(crate) async fn run(mut self) {
        let (mut anew, mut failures, mut waiting) = (false, 0_u32, Vec::new());
        loop {
            let reached = *self.reached.borrow();
            match self.keep(&mut anew, &mut waiting).await {
                Ok(End::Closed) => return,
                Ok(End::Anew) => anew = true,
                Err(error) if error.is_end() => return,
                Err(error) if error.is_outage() => {
                    tracing::warn!(%error, "the search index waits for the store");
                    sleep(PAUSE).await;
                }
                Err(error) => {
                    failures = if *self.reached.borrow() > reached { 1 } else { failures + 1 };
                    tracing::warn!(%error, failures, "the search index failed; trying again");
                    // The second time in the same place the index is at fault, or the disk.
                    anew = failures > 1 && self.place.takes_writes().await;
                    sleep(if failures > 2 { LONG_PAUSE } else { PAUSE }).await;
                }
            }
        }
    }

    /// Opens the index and keeps it, until something ends it.
    async fn keep(
        &mut self,
        anew: &mut bool,
        rebuilt: &mut Vec<oneshot::Sender<()>>,
    ) -> Result<End, SearchError> {
        let (writing, mark) = self.open(*anew).await?;
        *anew = false;
        *self.current.write() = Some(writing.reading.clone());
        self.reached.send_replace(Some(mark.position));
        let mut log = self.store.follow(mark.position);
        let end = self.store.catch_up().await?;
        let stretches = Stretches::new(self.rooms.clone(), writing.reading.clone());
        let whole = rebuilt.drain(..).map(|asker| (end, asker)).collect();
        let mut kept = Kept {
            writing: Some(writing),
            stretches,
            mark,
            waiting: 0,
            commit_at: None,
            purge_at: Some(Instant::now() + PURGE),
            whole,
        };
        let ended = self.follow(&mut kept, &mut log).await;
        // Whoever waits for a whole index waits for the next one.
        rebuilt.extend(kept.whole.into_iter().map(|(_, asker)| asker));
        if let Some(writing) = kept.writing.take() {
            // Ends the library's threads.
            tokio::task::spawn_blocking(move || drop(writing)).await?;
        }
        match ended? {
            Ended::Closed | Ended::Ordered(Order::Close) => Ok(End::Closed),
            Ended::Ordered(order) => {
                if let Order::Rebuild(asker) = order {
                    rebuilt.push(asker);
                }
                *self.current.write() = None;
                self.reached.send_replace(None);
                Ok(End::Anew)
            }
        }
    }

    /// The index that is there, if it is one of this store; otherwise an empty one.
    async fn open(&self, anew: bool) -> Result<(Writing, Mark), SearchError> {
        if !anew {
            let place = self.place.clone();
            match tokio::task::spawn_blocking(move || place.open()).await {
                Ok(Ok(Some((writing, mark)))) if self.is_of_this_store(&mark).await? => {
                    return Ok((writing, mark));
                }
                Ok(Ok(_)) => tracing::info!("the search index is made anew"),
                Ok(Err(error)) => tracing::warn!(%error, "the search index is made anew"),
                Err(error) => tracing::warn!(%error, "the search index is made anew"),
            }
        }
        let place = self.place.clone();
        let writing = tokio::task::spawn_blocking(move || place.begin()).await??;
        Ok((writing, Mark::beginning()))
    }

    /// Whether the log says at the mark what it said when the mark was made. A store that was put
    /// back to an older state, and went on from there, says something else.
    async fn is_of_this_store(&self, mark: &Mark) -> Result<bool, SearchError> {
        let LogPosition(position) = mark.position;
        let Some(before) = position.checked_sub(1) else { return Ok(true) };
        let entries = self.store.read_log(LogPosition(before), 1).await?;
        let same = |entry: &LogEntry| {
            entry.position == mark.position && hash(&entry.record) == mark.record
        };
        if !entries.first().is_some_and(same) {
            return Ok(false);
        }
        let Some((no, id)) = &mark.event else { return Ok(true) };
        let event = edits::read(&self.rooms, &[*no]).await?.pop();
        Ok(event.is_some_and(|event| event.id() == id))
    }

    async fn follow(
        &mut self,
        kept: &mut Kept,
        log: &mut LogFollower,
    ) -> Result<Ended, SearchError> {
        loop {
            self.settle(kept).await?;
            tokio::select! {
                entries = log.next() => self.take(kept, &entries?).await?,
                order = self.orders.recv() => {
                    return Ok(order.map_or(Ended::Closed, Ended::Ordered));
                }
                changed = self.wanted.changed() => {
                    if changed.is_err() {
                        return Ok(Ended::Closed);
                    }
                }
                () = until(kept.commit_at) => kept.commit().await?,
                () = until(kept.purge_at) => kept.purge().await?,
            }
        }
    }

    /// Takes a stretch of the log in. What the store does not give now, it gives later.
    async fn take(&self, kept: &mut Kept, entries: &[LogEntry]) -> Result<(), SearchError> {
        let bulk = entries.last().is_some_and(|last| last.position < self.store.log_end());
        let stretch = loop {
            match kept.stretches.read(entries, bulk).await {
                Err(error) if error.is_outage() => {
                    tracing::warn!(%error, "the search index waits for the store");
                    sleep(PAUSE).await;
                }
                read => break read?,
            }
        };
        if let Some(last) = entries.last() {
            let (position, record) = (last.position, hash(&last.record));
            let event = stretch.last.or_else(|| kept.mark.event.take());
            kept.mark = Mark { version: VERSION, position, record, event };
        }
        if !stretch.steps.is_empty() {
            kept.waiting += stretch.steps.len();
            kept.write(|writing| writing.take(stretch.steps)).await?;
            kept.commit_at.get_or_insert_with(|| Instant::now() + PERIOD);
        }
        if stretch.erased {
            // Nobody is told that it is gone while it is in any file.
            kept.commit().await?;
            kept.purge().await?;
        }
        if stretch.removed {
            kept.purge_at.get_or_insert_with(|| Instant::now() + PURGE);
        }
        Ok(())
    }

    /// Commits when somebody waits for it, or much has gathered; tells who waits.
    async fn settle(&self, kept: &mut Kept) -> Result<(), SearchError> {
        let reached = *self.reached.borrow();
        let wanted = *self.wanted.borrow();
        let asked = reached < Some(wanted) && wanted <= kept.mark.position;
        let whole = kept.whole.iter().any(|(end, _)| *end <= kept.mark.position);
        if kept.waiting == 0 {
            self.reached.send_replace(Some(kept.mark.position));
        } else if asked || whole || kept.waiting >= GATHERED {
            kept.commit().await?;
            self.reached.send_replace(Some(kept.mark.position));
        }
        let position = kept.mark.position;
        for (_, asker) in kept.whole.extract_if(.., |(end, _)| *end <= position) {
            // Whoever asked has gone away.
            let _ = asker.send(());
        }
        Ok(())
    }
}

/// How following the log ended.
enum Ended {
    Closed,
    Ordered(Order),
}

impl Kept {
    /// Commits what waits for it.
    async fn commit(&mut self) -> Result<(), SearchError> {
        let mark = self.mark.clone();
        self.write(move |writing| writing.commit(&mark)).await?;
        self.waiting = 0;
        self.commit_at = None;
        self.stretches.committed();
        Ok(())
    }

    /// Rids the files of what is found no more.
    async fn purge(&mut self) -> Result<(), SearchError> {
        self.purge_at = None;
        self.write(Writing::purge).await
    }

    /// Does something to the index, on a thread that may wait.
    async fn write(
        &mut self,
        work: impl FnOnce(&mut Writing) -> Result<(), SearchError> + Send + 'static,
    ) -> Result<(), SearchError> {
        let lost = || SearchError::Index("the index was lost".to_owned());
        let mut writing = self.writing.take().ok_or_else(lost)?;
        let done = tokio::task::spawn_blocking(move || {
            let done = work(&mut writing);
            (writing, done)
        });
        let (writing, done) = done.await?;
        self.writing = Some(writing);
        done
    }
}

async fn until(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}

/// What stands for a record of the log.
fn hash(record: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(record))
}
