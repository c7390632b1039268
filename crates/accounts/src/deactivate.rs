//! Closing an account for good.
//!
//! First, at once and together: the sessions, the password and the profile go, and the identifier
//! stays taken. Then whoever composes the server takes the person out of their rooms and removes
//! their devices' keys, and says so; only then is the person's key destroyed, when they asked for
//! it, because leaving a room still writes under it. A server that stops in between goes on from
//! [`Accounts::departures`].

use base::change::Change;
use ruma_common::{OwnedUserId, UserId};
use store::{Batch, CommitError, Prefix};

use crate::accounts::{ATTEMPTS, Accounts, owner, stored_user};
use crate::error::AccountError;
use crate::sessions::{drop_session, of, record_session};
use crate::tables::{
    ACCOUNTS, AccountRow, DEPARTURES, Erasure, PASSWORDS, PROFILE_VERSIONS, PROFILES,
    SESSION_NAMES, SESSIONS, SESSIONS_SEEN, STANDINGS,
};

/// Somebody who closed their account and is still in rooms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Departure {
    /// Who.
    pub user_id: OwnedUserId,
    /// What becomes of what they wrote.
    pub erasure: Erasure,
}

impl Accounts {
    /// Closes an account; it is then among the [`Self::departures`].
    pub async fn deactivate(&self, user: &UserId, erasure: Erasure) -> Result<(), AccountError> {
        let key = user.to_string();
        for _ in 0..ATTEMPTS {
            let account = self.active(user).await?;
            let version = PROFILE_VERSIONS.get(&self.0.store, &key).await?;
            let sessions = SESSIONS.all(&self.0.store, &of(user)).await?;
            let mut batch = Batch::new();
            // No session begins and no profile changes without naming the account as it was.
            ACCOUNTS.check_equals(&mut batch, &key, &account)?;
            let closed = AccountRow::Deactivated { at: self.0.clock.now() };
            ACCOUNTS.put(&mut batch, &key, &closed)?;
            DEPARTURES.put(&mut batch, &key, &erasure)?;
            PASSWORDS.delete(&mut batch, &key);
            STANDINGS.delete(&mut batch, &key);
            PROFILE_VERSIONS.check(&mut batch, &key, version.as_ref())?;
            PROFILE_VERSIONS.put(&mut batch, &key, &(version.unwrap_or(0) + 1))?;
            PROFILES.delete(&mut batch, &key);
            journal::record(&mut batch, &Change::Profile { user: user.to_owned() })?;
            for (session, row) in &sessions {
                SESSIONS.check_equals(&mut batch, session, row)?;
                drop_session(&mut batch, session, row);
                record_session(&mut batch, session)?;
            }
            SESSION_NAMES.delete_range(&mut batch, of(user));
            SESSIONS_SEEN.delete_range(&mut batch, of(user));
            match self.0.store.commit(batch).await {
                Ok(_) => {
                    for (session, _) in &sessions {
                        self.forget_session(session);
                    }
                    self.tell_directory(user).await;
                    return Ok(());
                }
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(AccountError::Busy)
    }

    /// Who closed their account and is not yet out of everything.
    pub async fn departures(&self) -> Result<Vec<Departure>, AccountError> {
        let rows = DEPARTURES.all(&self.0.store, &Prefix::all()).await?;
        let departure = |(user, erasure): (String, Erasure)| {
            Ok(Departure { user_id: stored_user(&user)?, erasure })
        };
        rows.into_iter().map(departure).collect()
    }

    /// Somebody is out of their rooms, and their devices are gone: what they wrote becomes
    /// unreadable, if they asked for it.
    pub async fn finish_departure(&self, departure: &Departure) -> Result<(), AccountError> {
        if departure.erasure == Erasure::Erase {
            self.0.vault.destroy(&owner(&departure.user_id)).await?;
        }
        let mut batch = Batch::new();
        DEPARTURES.delete(&mut batch, &departure.user_id.to_string());
        if departure.erasure == Erasure::Erase {
            // Every node holds things opened with the key, and lets go of them.
            let user = departure.user_id.clone();
            journal::record(&mut batch, &Change::Erased { user })?;
        }
        self.0.store.commit(batch).await?;
        Ok(())
    }
}
