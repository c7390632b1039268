//! How an account stands: a guest's, a person's or an administrator's; locked, suspended.
//!
//! Decided by administrators, told to every node by the log, and part of what is remembered of a
//! session: it costs no request a read. (Specification: "Account moderation", "Guest access".)

use base::change::Change;
use ruma_common::{OwnedUserId, UserId};
use serde::{Deserialize, Serialize};
use store::{Batch, CommitError, Direction, Prefix, Reader};

use crate::accounts::{ATTEMPTS, Accounts, stored_user};
use crate::error::AccountError;
use crate::tables::{ACCOUNTS, STANDINGS};

/// Accounts looked at together when guests are looked for.
const PAGE: usize = 1000;

/// How an account stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Whose it is.
    pub kind: Kind,
    /// Nothing but signing out can be done with it.
    pub locked: bool,
    /// It reads, and does not write.
    pub suspended: bool,
}

/// Whose account it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// Somebody's who did not open an account and has no password.
    Guest,
    /// A person's.
    #[default]
    Person,
    /// That of a person who administers the server.
    Administrator,
}

impl Standing {
    /// Whether it is an administrator's.
    pub fn is_administrator(self) -> bool {
        self.kind == Kind::Administrator
    }

    /// Whether it is a guest's.
    pub fn is_guest(self) -> bool {
        self.kind == Kind::Guest
    }

    /// Adds to a batch that an account stands so: a person's as others has no row.
    pub(crate) fn put(self, batch: &mut Batch, key: &String) -> Result<(), AccountError> {
        if self == Self::default() {
            STANDINGS.delete(batch, key);
            return Ok(());
        }
        Ok(STANDINGS.put(batch, key, &self)?)
    }
}

impl Accounts {
    /// How the account of a person stands, which must be in use.
    pub async fn standing(&self, user: &UserId) -> Result<Standing, AccountError> {
        self.active(user).await?;
        self.read_standing(&self.0.store, user).await
    }

    /// Whether a person has an account here and administers the server.
    pub async fn is_administrator(&self, user: &UserId) -> Result<bool, AccountError> {
        match self.standing(user).await {
            Ok(standing) => Ok(standing.is_administrator()),
            Err(AccountError::UnknownUser(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Makes somebody an administrator, or a person as others. Who is one by the configuration
    /// stays one.
    pub async fn set_administrator(
        &self,
        user: &UserId,
        administrator: bool,
    ) -> Result<(), AccountError> {
        let kind = if administrator { Kind::Administrator } else { Kind::Person };
        self.change_standing(user, |standing| match standing.kind {
            Kind::Guest => Err(AccountError::Guest),
            Kind::Person | Kind::Administrator => Ok(Standing { kind, ..standing }),
        })
        .await
    }

    /// Locks an account, or lifts the lock. No administrator is locked, by themselves or another,
    /// and who becomes one is let in again.
    pub async fn set_locked(&self, user: &UserId, locked: bool) -> Result<(), AccountError> {
        self.change_standing(user, |standing| {
            self.require_moderable(user, standing, locked)?;
            Ok(Standing { locked, ..standing })
        })
        .await
    }

    /// Suspends an account, or lifts the suspension. No administrator is suspended.
    pub async fn set_suspended(&self, user: &UserId, suspended: bool) -> Result<(), AccountError> {
        self.change_standing(user, |standing| {
            self.require_moderable(user, standing, suspended)?;
            Ok(Standing { suspended, ..standing })
        })
        .await
    }

    /// Everybody who is a guest.
    pub async fn guests(&self) -> Result<Vec<OwnedUserId>, AccountError> {
        let mut guests = Vec::new();
        let mut part = Prefix::all();
        loop {
            let rows = STANDINGS.scan(&self.0.store, &part, Direction::Forward, PAGE).await?;
            let Some((last, _)) = rows.last() else { return Ok(guests) };
            part = Prefix::all().after(last);
            for (user, _) in rows.iter().filter(|(_, standing)| standing.is_guest()) {
                guests.push(stored_user(user)?);
            }
        }
    }

    /// Refuses whose account is locked.
    pub(crate) async fn require_unlocked(&self, user: &UserId) -> Result<(), AccountError> {
        if self.read_standing(&self.0.store, user).await?.locked {
            return Err(AccountError::Locked);
        }
        Ok(())
    }

    /// How an account stands, by the store and the configuration.
    pub(crate) async fn read_standing(
        &self,
        reader: &impl Reader,
        user: &UserId,
    ) -> Result<Standing, AccountError> {
        let standing = STANDINGS.get(reader, &user.to_string()).await?.unwrap_or_default();
        Ok(self.with_configuration(user, standing))
    }

    fn with_configuration(&self, user: &UserId, standing: Standing) -> Standing {
        let by_configuration = self.0.settings.administrators.iter().any(|known| known == user);
        if by_configuration || standing.is_administrator() {
            return Standing { kind: Kind::Administrator, locked: false, suspended: false };
        }
        standing
    }

    fn require_moderable(
        &self,
        user: &UserId,
        standing: Standing,
        restricts: bool,
    ) -> Result<(), AccountError> {
        if restricts && self.with_configuration(user, standing).is_administrator() {
            return Err(AccountError::Administrator(user.to_owned()));
        }
        Ok(())
    }

    /// Decides anew how an account stands, on what the store has of it.
    async fn change_standing(
        &self,
        user: &UserId,
        change: impl Fn(Standing) -> Result<Standing, AccountError>,
    ) -> Result<(), AccountError> {
        let key = user.to_string();
        for _ in 0..ATTEMPTS {
            let account = self.active(user).await?;
            let was = STANDINGS.get(&self.0.store, &key).await?;
            let standing = change(was.unwrap_or_default())?;
            if standing == was.unwrap_or_default() {
                return Ok(());
            }
            let mut batch = Batch::new();
            // Nothing is left of an account that is closed meanwhile.
            ACCOUNTS.check_equals(&mut batch, &key, &account)?;
            STANDINGS.check(&mut batch, &key, was.as_ref())?;
            standing.put(&mut batch, &key)?;
            journal::record(&mut batch, &Change::Account { user: user.to_owned() })?;
            match self.0.store.commit(batch).await {
                Ok(_) => {
                    self.0.cache.forget_person(user);
                    return Ok(());
                }
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(AccountError::Busy)
    }
}
