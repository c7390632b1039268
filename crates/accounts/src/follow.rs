//! What goes on beside the requests: following the log, writing what was collected.
//!
//! Another node may have ended a session or changed a name; the log says so.

use std::collections::BTreeSet;
use std::sync::{Arc, Weak};
use std::time::Duration;

use base::change::Change;
use base::number::LogPosition;
use ruma_common::OwnedUserId;
use store::{LogFollower, StoreError};
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::timeout;

use crate::accounts::{Accounts, Inner};
use crate::seen::STEP;

/// How long is waited before what failed is tried again.
const PAUSE: Duration = Duration::from_secs(1);

/// How long is waited for the log to be followed.
const SOON: Duration = Duration::from_secs(1);

/// How far the log is followed.
pub(crate) struct Followed(watch::Sender<LogPosition>);

impl Default for Followed {
    fn default() -> Self {
        Self(watch::Sender::new(LogPosition(0)))
    }
}

impl Followed {
    /// Whether the log is followed up to a position, now or soon.
    pub(crate) async fn reaches(&self, position: LogPosition) -> bool {
        let mut followed = self.0.subscribe();
        let reached = followed.wait_for(|followed| *followed >= position);
        matches!(timeout(SOON, reached).await, Ok(Ok(_)))
    }
}

/// The tasks of some accounts: they end with them, and let the store go.
pub(crate) struct Tasks([AbortHandle; 2]);

impl Tasks {
    /// Starts the tasks.
    pub(crate) fn start(accounts: &Accounts) -> Self {
        // The position is taken before anything is read: no change can fall between.
        let end = accounts.0.store.log_end();
        let follower = accounts.0.store.follow(end);
        accounts.0.followed.0.send_replace(end);
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
    while let Some(inner) = accounts.upgrade() {
        match Accounts(inner).build_directory().await {
            Ok(()) => break,
            Err(error) => tracing::warn!(%error, "the directory is not built yet"),
        }
        tokio::time::sleep(PAUSE).await;
    }
    // People whose names changed and could not be read yet.
    let mut unread = BTreeSet::new();
    loop {
        // Waits without holding the accounts, so that they can be dropped meanwhile.
        let told = if unread.is_empty() {
            follower.next().await
        } else {
            timeout(PAUSE, follower.next()).await.unwrap_or(Ok(Vec::new()))
        };
        let entries = match told {
            Ok(entries) => entries,
            Err(StoreError::Closed) => return,
            Err(error) => {
                tracing::error!(%error, "accounts cannot follow the log; trying again");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        let Some(inner) = accounts.upgrade() else { return };
        let accounts = Accounts(inner);
        for entry in &entries {
            match journal::decode(entry) {
                Ok(change) => accounts.apply(change, &mut unread),
                Err(error) => {
                    tracing::error!(%error, position = %entry.position, "an unknown change");
                }
            }
        }
        if let Some(last) = entries.last() {
            accounts.0.followed.0.send_replace(last.position);
        }
        accounts.read_names(&mut unread).await;
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
    /// Forgets at once what a change makes void; what must be read for it is left in `unread`.
    fn apply(&self, change: Change, unread: &mut BTreeSet<OwnedUserId>) {
        match change {
            Change::Session { user, device } => self.0.cache.forget(&user, &device),
            Change::Account { user } => {
                self.0.cache.forget_person(&user);
                unread.insert(user);
            }
            Change::Profile { user } => drop(unread.insert(user)),
            _ => {}
        }
    }

    /// Reads people into the directory anew; those who cannot be read now stay in `unread`.
    async fn read_names(&self, unread: &mut BTreeSet<OwnedUserId>) {
        while let Some(user) = unread.first() {
            match self.refresh_directory(user).await {
                Ok(()) => drop(unread.pop_first()),
                Err(error) if error.is_outage() => {
                    tracing::warn!(%error, "the directory learns of a change later");
                    return;
                }
                Err(error) => {
                    tracing::error!(%error, "somebody is found by an old name");
                    unread.pop_first();
                }
            }
        }
    }
}
