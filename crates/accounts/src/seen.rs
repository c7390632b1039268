//! When sessions were last used, to the minute: collected in memory, written together.
//!
//! The address that a session was used from is personal data that nothing here needs: it is not
//! kept.

use std::collections::HashMap;
use std::time::Duration;

use base::clock::Timestamp;
use parking_lot::Mutex;
use store::{Batch, CommitError};

use crate::accounts::{ATTEMPTS, Accounts};
use crate::error::AccountError;
use crate::tables::{SESSIONS, SESSIONS_SEEN, SessionKey};

/// How finely the time of use is kept.
pub(crate) const STEP: Duration = Duration::from_mins(1);
/// Uses written in one batch at most: each names its session, which may change meanwhile.
const BATCH: usize = 200;

/// Uses that are not written yet.
#[derive(Default)]
pub(crate) struct Seen(Mutex<HashMap<SessionKey, Timestamp>>);

impl Seen {
    pub(crate) fn note(&self, key: SessionKey, now: Timestamp) {
        let mut uses = self.0.lock();
        let seen = uses.entry(key).or_insert(now);
        *seen = now.max(*seen);
    }

    pub(crate) fn get(&self, key: &SessionKey) -> Option<Timestamp> {
        self.0.lock().get(key).copied()
    }

    pub(crate) fn forget(&self, key: &SessionKey) {
        self.0.lock().remove(key);
    }
}

impl Accounts {
    /// Writes when sessions were last used, and sweeps. Called every minute, and to be called
    /// before a stop.
    pub async fn flush(&self) -> Result<(), AccountError> {
        let uses = std::mem::take(&mut *self.0.seen.0.lock());
        let uses: Vec<_> = uses.into_iter().collect();
        for (number, part) in uses.chunks(BATCH).enumerate() {
            if let Err(error) = self.write_uses(part).await {
                // They are written the next time.
                for (key, at) in uses.iter().skip(number * BATCH) {
                    self.0.seen.note(key.clone(), *at);
                }
                return Err(error);
            }
        }
        self.sweep().await?;
        self.sweep_confirmations().await
    }

    /// Writes uses of sessions that are still there, where no node has written a later one.
    async fn write_uses(&self, uses: &[(SessionKey, Timestamp)]) -> Result<(), AccountError> {
        let keys: Vec<_> = uses.iter().map(|(key, _)| key.clone()).collect();
        for _ in 0..ATTEMPTS {
            let sessions = SESSIONS.get_many(&self.0.store, &keys).await?;
            let written = SESSIONS_SEEN.get_many(&self.0.store, &keys).await?;
            let mut batch = Batch::new();
            for (((key, at), session), written) in uses.iter().zip(sessions).zip(written) {
                if let Some(session) = session
                    && written < Some(*at)
                {
                    // Whoever ends it meanwhile leaves nothing behind.
                    SESSIONS.check_equals(&mut batch, key, &session)?;
                    SESSIONS_SEEN.put(&mut batch, key, at)?;
                }
            }
            if batch.is_empty() {
                return Ok(());
            }
            match self.0.store.commit(batch).await {
                Ok(_) => return Ok(()),
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(AccountError::Busy)
    }
}
