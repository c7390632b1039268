//! What is done of a user-interactive authentication: in the store, bounded, and used once.
//!
//! Whoever takes the next step names what was done before it, so of two requests with one proof one
//! goes on. An expiry is written by one node's clock and read by another's: it counts later by as
//! much as they may differ.

use std::time::Duration;

use base::clock::Timestamp;
use base::random;
use ruma_common::UserId;
use store::{Batch, CommitError, Direction, Prefix};
use vault::Owner;

use crate::accounts::{Accounts, owner};
use crate::confirm::{Matter, Stage};
use crate::error::AccountError;
use crate::tables::{CONFIRMATION_MATTERS, CONFIRMATIONS, ConfirmationKey, ConfirmationRow};
use crate::token;

/// How long an authentication may take.
const LIFETIME: Duration = Duration::from_mins(10);
/// Authentications of one person at once at most; those that expire first go first. Strangers are
/// 256 parts, each of which may have as many.
const MOST: usize = 32;
/// Authentications looked at together by the sweep.
const PAGE: usize = 1000;

/// An authentication, begun or about to be.
pub(crate) struct Underway {
    /// Its id, which its client knows and the store does not.
    pub(crate) session: String,
    expires: Timestamp,
    /// What the store has of it; none when it was never kept.
    kept: Option<ConfirmationRow>,
}

impl Underway {
    /// The stages that are done.
    pub(crate) fn completed(&self) -> &[Stage] {
        self.kept.as_ref().map_or(&[], |kept| &kept.completed)
    }
}

impl Accounts {
    /// An authentication of which nothing is done and nothing kept.
    pub(crate) fn new_confirmation(&self) -> Underway {
        let expires = self.0.clock.now().plus(LIFETIME);
        Underway { session: random::base32::<32>(), expires, kept: None }
    }

    /// The authentication of an id, if it is one of this matter and has not expired.
    pub(crate) async fn confirmation(
        &self,
        matter: &Matter,
        session: &str,
    ) -> Result<Option<Underway>, AccountError> {
        let (store, vault, key) = (&self.0.store, &self.0.vault, key(matter, session));
        let Some(kept) = CONFIRMATIONS.get(store, &key).await? else { return Ok(None) };
        let asked = CONFIRMATION_MATTERS.get(store, vault, &keeper(matter), &key).await?;
        if asked != Some(matter.fingerprint) || self.is_past(kept.expires, self.0.clock.now()) {
            return Ok(None);
        }
        let expires = kept.expires;
        Ok(Some(Underway { session: session.to_owned(), expires, kept: Some(kept) }))
    }

    /// Keeps what is done of an authentication; `false` when somebody else wrote first.
    pub(crate) async fn keep_confirmation(
        &self,
        matter: &Matter,
        underway: &Underway,
        completed: &[Stage],
    ) -> Result<bool, AccountError> {
        let row = ConfirmationRow { expires: underway.expires, completed: completed.to_vec() };
        if underway.kept.as_ref() == Some(&row) {
            return Ok(true);
        }
        let key = key(matter, &underway.session);
        let mut batch = Batch::new();
        if underway.kept.is_none() {
            self.make_room(&mut batch, &key.0).await?;
            let sealing = self.0.vault.key(&keeper(matter)).await?;
            CONFIRMATION_MATTERS.put(&mut batch, &sealing, &key, &matter.fingerprint)?;
        }
        CONFIRMATIONS.check(&mut batch, &key, underway.kept.as_ref())?;
        CONFIRMATIONS.put(&mut batch, &key, &row)?;
        self.commit_confirmation(batch).await
    }

    /// Ends an authentication that is complete; `false` when somebody else did, or wrote first.
    pub(crate) async fn finish_confirmation(
        &self,
        matter: &Matter,
        underway: &Underway,
    ) -> Result<bool, AccountError> {
        let Some(kept) = &underway.kept else { return Ok(true) };
        let key = key(matter, &underway.session);
        let mut batch = Batch::new();
        CONFIRMATIONS.check_equals(&mut batch, &key, kept)?;
        delete(&mut batch, &key);
        self.commit_confirmation(batch).await
    }

    /// Removes authentications that nobody finished in time.
    pub(crate) async fn sweep_confirmations(&self) -> Result<(), AccountError> {
        let (store, now) = (&self.0.store, self.0.clock.now());
        let mut part = Prefix::all();
        loop {
            let rows = CONFIRMATIONS.scan(store, &part, Direction::Forward, PAGE).await?;
            let Some((last, _)) = rows.last() else { return Ok(()) };
            part = Prefix::all().after(last);
            let mut batch = Batch::new();
            for (key, _) in rows.iter().filter(|(_, row)| self.is_past(row.expires, now)) {
                delete(&mut batch, key);
            }
            if !batch.is_empty() {
                store.commit(batch).await?;
            }
        }
    }

    /// Adds to a batch that there is room for one more of the same people.
    async fn make_room(&self, batch: &mut Batch, whose: &String) -> Result<(), AccountError> {
        let mut rows = CONFIRMATIONS.all(&self.0.store, &Prefix::of(whose)).await?;
        rows.sort_by_key(|(_, row)| std::cmp::Reverse(row.expires));
        for (key, _) in rows.iter().skip(MOST - 1) {
            delete(batch, key);
        }
        Ok(())
    }

    async fn commit_confirmation(&self, batch: Batch) -> Result<bool, AccountError> {
        match self.0.store.commit(batch).await {
            Ok(_) => Ok(true),
            Err(CommitError::Conflict { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

/// Under which key an authentication is kept. An account's name begins with `@`, the name of a part
/// of the strangers does not.
fn key(matter: &Matter, session: &str) -> ConfirmationKey {
    let hash = token::hash(session);
    let [part, ..] = hash;
    let stranger = || format!("{part:02x}");
    (matter.user.as_deref().map_or_else(stranger, UserId::to_string), hash)
}

/// Whose key seals what is to be confirmed.
fn keeper(matter: &Matter) -> Owner {
    matter.user.as_deref().map_or(Owner::Server, owner)
}

fn delete(batch: &mut Batch, key: &ConfirmationKey) {
    CONFIRMATIONS.delete(batch, key);
    CONFIRMATION_MATTERS.delete(batch, key);
}
