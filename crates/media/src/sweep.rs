//! Uploads that broke off: what they left is found by its record and removed, a day later.
//!
//! A record is written before its blob is begun. Whoever sweeps first marks the record as given
//! up, which the upload's own last batch checks: an upload that is still going is then refused at
//! its end, so a wrong clock costs an upload and never leads to a row without a blob. The storage
//! is never searched: what this server has no record of is not its to remove.

use std::sync::Weak;
use std::time::Duration;

use store::{Batch, CommitError, Direction, Prefix};

use crate::error::MediaError;
use crate::media::{Inner, Media};
use crate::tables::{BEGUN, BEGUN_AT_FIRST, Begun};

/// How long an upload may take. Much more than the clocks of nodes differ.
const LONGEST: Duration = Duration::from_hours(24);
/// From one sweep to the next,
const DAY: Duration = Duration::from_hours(24);
/// or when it could not be done.
const SOON: Duration = Duration::from_mins(30);
/// Records read at a time.
const PAGE: usize = 256;

/// Sweeps at once and then daily, as long as the service lives.
pub(crate) async fn every_day(media: Weak<Inner>) {
    while let Some(inner) = media.upgrade() {
        let swept = Media(inner).remove_abandoned().await;
        let pause = match swept {
            Ok(0) => DAY,
            Ok(removed) => {
                tracing::info!(removed, "removed what uploads that broke off had left");
                DAY
            }
            Err(error) => {
                tracing::warn!(%error, "uploads that broke off are removed later");
                SOON
            }
        };
        tokio::time::sleep(pause).await;
    }
}

impl Media {
    /// Removes what uploads left that were begun more than a day ago, on any node, and did not
    /// end; how many. Done by itself every day.
    pub async fn remove_abandoned(&self) -> Result<usize, MediaError> {
        let (mut removed, mut rest) = (0, Prefix::all());
        loop {
            let page = BEGUN.scan(&self.0.store, &rest, Direction::Forward, PAGE).await?;
            let Some((last, _)) = page.last() else { return Ok(removed) };
            rest = Prefix::all().after(last);
            for (name, begun) in page {
                if self.give_up(&name, begun).await? {
                    self.discard(&name).await?;
                    removed += 1;
                }
            }
        }
    }

    /// Whether a blob is given up now, or was before.
    async fn give_up(&self, name: &String, begun: Begun) -> Result<bool, MediaError> {
        let Begun::Since(since) = begun else { return Ok(true) };
        if self.0.clock.now().since(since) <= LONGEST {
            return Ok(false);
        }
        let mut batch = Batch::new();
        BEGUN.check_equals(&mut batch, name, &begun)?;
        BEGUN.put(&mut batch, name, &Begun::GivenUp)?;
        match self.0.store.commit(batch).await {
            Ok(_) => Ok(true),
            // A row took it after all, or another node sweeps.
            Err(CommitError::Conflict { .. }) => Ok(false),
            Err(CommitError::Store(error)) => Err(error.into()),
        }
    }

    /// Records of the first version are of a server that was alone, and has ended since.
    pub(crate) async fn take_over_first_records(&self) -> Result<(), MediaError> {
        loop {
            let all = Prefix::all();
            let page = BEGUN_AT_FIRST.scan(&self.0.store, &all, Direction::Forward, PAGE).await?;
            if page.is_empty() {
                return Ok(());
            }
            let mut batch = Batch::new();
            for (name, ()) in page {
                BEGUN_AT_FIRST.delete(&mut batch, &name);
                BEGUN.put(&mut batch, &name, &Begun::GivenUp)?;
            }
            self.0.store.commit(batch).await?;
        }
    }
}
