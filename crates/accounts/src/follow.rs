//! What goes on beside the requests: following the log, writing what was collected.
//!
//! Another node may have ended a session or changed a name; the log says so.

use std::sync::{Arc, Weak};

use base::change::Change;
use store::LogFollower;
use tokio::task::AbortHandle;

use crate::accounts::{Accounts, Inner};
use crate::error::AccountError;
use crate::seen::STEP;

/// The tasks of some accounts: they end with them, and let the store go.
pub(crate) struct Tasks([AbortHandle; 2]);

impl Tasks {
    /// Starts the tasks.
    pub(crate) fn start(accounts: &Accounts) -> Self {
        // The position is taken before anything is read: no change can fall between.
        let follower = accounts.0.store.follow(accounts.0.store.log_end());
        let follow = tokio::spawn(follow(Arc::downgrade(&accounts.0), follower));
        let flush = tokio::spawn(flush(Arc::downgrade(&accounts.0)));
        Self([follow.abort_handle(), flush.abort_handle()])
    }
}

impl Drop for Tasks {
    fn drop(&mut self) {
        self.0.iter().for_each(AbortHandle::abort);
    }
}

async fn follow(accounts: Weak<Inner>, mut follower: LogFollower) {
    if let Some(inner) = accounts.upgrade()
        && let Err(error) = Accounts(inner).build_directory().await
    {
        tracing::error!(%error, "the directory could not be built");
    }
    loop {
        // Waits without holding the accounts, so that they can be dropped meanwhile.
        let entries = match follower.next().await {
            Ok(entries) => entries,
            Err(error) => return tracing::debug!(%error, "accounts no longer follow the log"),
        };
        let Some(inner) = accounts.upgrade() else { return };
        let accounts = Accounts(inner);
        for entry in &entries {
            let applied = match journal::decode(entry) {
                Ok(change) => accounts.apply(&change).await,
                Err(error) => Err(error.into()),
            };
            if let Err(error) = applied {
                tracing::error!(%error, position = %entry.position, "a change was not followed");
            }
        }
    }
}

async fn flush(accounts: Weak<Inner>) {
    loop {
        tokio::time::sleep(STEP).await;
        let Some(inner) = accounts.upgrade() else { return };
        if let Err(error) = Accounts(inner).flush().await {
            tracing::warn!(%error, "the last use of sessions was not written");
        }
    }
}

impl Accounts {
    async fn apply(&self, change: &Change) -> Result<(), AccountError> {
        match change {
            Change::Session { user, device } => self.0.cache.forget(user, device),
            Change::Profile { user } => self.refresh_directory(user).await?,
            _ => {}
        }
        Ok(())
    }
}
