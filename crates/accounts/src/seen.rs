//! When sessions were last used, to the minute: collected in memory, written together.
//!
//! The address that a session was used from is personal data that nothing here needs: it is not
//! kept.

use std::collections::HashMap;
use std::time::Duration;

use base::clock::Timestamp;
use parking_lot::Mutex;
use store::Batch;

use crate::accounts::Accounts;
use crate::error::AccountError;
use crate::tables::{SESSIONS, SESSIONS_SEEN, SessionKey};

/// How finely the time of use is kept.
pub(crate) const STEP: Duration = Duration::from_mins(1);
/// Uses written in one batch at most.
const BATCH: usize = 1000;

/// Uses that are not written yet.
#[derive(Default)]
pub(crate) struct Seen(Mutex<HashMap<SessionKey, Timestamp>>);

impl Seen {
    pub(crate) fn note(&self, key: SessionKey, now: Timestamp) {
        self.0.lock().insert(key, now);
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
        self.sweep_login_tokens().await?;
        let uses = std::mem::take(&mut *self.0.seen.0.lock());
        let uses: Vec<_> = uses.into_iter().collect();
        for uses in uses.chunks(BATCH) {
            let keys: Vec<_> = uses.iter().map(|(key, _)| key.clone()).collect();
            let sessions = SESSIONS.get_many(&self.0.store, &keys).await?;
            let mut batch = Batch::new();
            for ((key, at), session) in uses.iter().zip(sessions) {
                if session.is_some() {
                    SESSIONS_SEEN.put(&mut batch, key, at)?;
                }
            }
            if !batch.is_empty() {
                self.0.store.commit(batch).await?;
            }
        }
        Ok(())
    }
}
