//! The inbox: taking a report, and putting it away.

use std::sync::Arc;

use base::clock::Clock;
use ruma_common::UserId;
use store::{Batch, CommitError, Direction, Prefix, Store};
use vault::{Owner, Vault};

use crate::error::ModerationError;
use crate::report::{ReportNo, Subject, mark_of_person, mark_of_room};
use crate::tables::{
    BY_SUBJECT, CONTENTS, ContentRow, LAST, OF_PERSON, REASONS, REPORTS, ReportRow, WAITING,
};

/// Bytes of a reason at most.
pub const LONGEST_REASON: usize = 4096;
/// Reports of one person that wait at most.
pub const MOST_OF_ONE: i64 = 500;
/// Reports that wait at most: beyond them the oldest go.
pub const MOST_KEPT: i64 = 100_000;
/// How often a change is decided again, after others wrote first.
const ATTEMPTS: usize = 64;

/// What people report. Cheap to clone.
#[derive(Clone)]
pub struct Moderation(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) store: Store,
    pub(crate) vault: Vault,
    clock: Arc<dyn Clock>,
}

impl Moderation {
    /// The inbox over a store.
    pub fn open(store: Store, vault: Vault, clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Inner { store, vault, clock }))
    }

    /// Takes a report. One about what the same person reported before takes its place, as the
    /// newest.
    pub async fn add(
        &self,
        reporter: &UserId,
        subject: Subject,
        reason: Option<String>,
    ) -> Result<ReportNo, ModerationError> {
        let reason = reason.filter(|reason| !reason.is_empty());
        if reason.as_ref().is_some_and(|reason| reason.len() > LONGEST_REASON) {
            return Err(ModerationError::LongReason { limit: LONGEST_REASON });
        }
        let key = self.0.vault.key(&Owner::Server).await?;
        let row = ReportRow {
            kind: subject.kind(),
            reporter: mark_of_person(&key, reporter)?,
            room: subject.room().map(|room| mark_of_room(&key, room)).transpose()?,
            subject: subject.mark(&key, reporter)?,
        };
        let content = ContentRow { reporter: reporter.to_owned(), subject, at: self.0.clock.now() };
        for _ in 0..ATTEMPTS {
            let (no, batch) = self.addition(&row, &content, reason.as_ref()).await?;
            match self.0.store.commit(batch).await {
                Ok(_) => return Ok(no),
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(ModerationError::Busy)
    }

    /// Puts a report away; whether there was one.
    pub async fn delete(&self, no: ReportNo) -> Result<bool, ModerationError> {
        for _ in 0..ATTEMPTS {
            let Some(row) = REPORTS.get(&self.0.store, &no).await? else { return Ok(false) };
            let mut batch = Batch::new();
            remove(&mut batch, no, &row)?;
            BY_SUBJECT.delete(&mut batch, &row.subject);
            match self.0.store.commit(batch).await {
                Ok(_) => return Ok(true),
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(ModerationError::Busy)
    }

    /// How many reports wait.
    pub async fn count(&self) -> Result<u64, ModerationError> {
        let count = WAITING.get(&self.0.store, &()).await?;
        Ok(u64::try_from(count).unwrap_or_default())
    }

    /// The batch that takes a report after the newest one there is.
    async fn addition(
        &self,
        row: &ReportRow,
        content: &ContentRow,
        reason: Option<&String>,
    ) -> Result<(ReportNo, Batch), ModerationError> {
        let (store, vault) = (&self.0.store, &self.0.vault);
        let last = LAST.get(store, &()).await?;
        let no = last.unwrap_or(0) + 1;
        let mut batch = Batch::new();
        LAST.check(&mut batch, &(), last.as_ref())?;
        LAST.put(&mut batch, &(), &no)?;
        let earlier = BY_SUBJECT.get(store, &row.subject).await?;
        match earlier {
            Some(earlier) => self.replace(&mut batch, earlier).await?,
            None if OF_PERSON.get(store, &row.reporter).await? >= MOST_OF_ONE => {
                return Err(ModerationError::TooMany);
            }
            None => self.make_room(&mut batch).await?,
        }
        REPORTS.put(&mut batch, &no, row)?;
        BY_SUBJECT.put(&mut batch, &row.subject, &no)?;
        OF_PERSON.add(&mut batch, &row.reporter, 1);
        WAITING.add(&mut batch, &(), 1);
        CONTENTS.put(&mut batch, &vault.key(&Owner::Server).await?, &no, content)?;
        if let Some(reason) = reason {
            let key = vault.key(&Owner::Person(content.reporter.clone())).await?;
            REASONS.put(&mut batch, &key, &no, reason)?;
        }
        Ok((no, batch))
    }

    async fn replace(&self, batch: &mut Batch, earlier: ReportNo) -> Result<(), ModerationError> {
        match REPORTS.get(&self.0.store, &earlier).await? {
            Some(row) => remove(batch, earlier, &row)?,
            // It was put away meanwhile: so was its place, and this batch is told.
            None => REPORTS.check_absent(batch, &earlier),
        }
        Ok(())
    }

    /// Lets the oldest report go where there is no place for a new one.
    async fn make_room(&self, batch: &mut Batch) -> Result<(), ModerationError> {
        let store = &self.0.store;
        if WAITING.get(store, &()).await? < MOST_KEPT {
            return Ok(());
        }
        let oldest = REPORTS.scan(store, &Prefix::all(), Direction::Forward, 1).await?;
        for (no, row) in oldest {
            remove(batch, no, &row)?;
            BY_SUBJECT.delete(batch, &row.subject);
        }
        Ok(())
    }
}

/// Takes a report out, all but its place as the newest of its subject.
fn remove(batch: &mut Batch, no: ReportNo, row: &ReportRow) -> Result<(), ModerationError> {
    REPORTS.check_equals(batch, &no, row)?;
    REPORTS.delete(batch, &no);
    CONTENTS.delete(batch, &no);
    REASONS.delete(batch, &no);
    OF_PERSON.add(batch, &row.reporter, -1);
    WAITING.add(batch, &(), -1);
    Ok(())
}
