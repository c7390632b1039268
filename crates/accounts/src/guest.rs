//! Guests: accounts without a password, opened by nobody in particular, which can become a person's.
//!
//! (Specification: "Guest access".)

use base::change::Change;
use base::random;
use base::secret::Secret;
use ruma_common::{OwnedUserId, UserId};
use store::{Batch, CommitError};

use crate::accounts::{ATTEMPTS, Accounts, owner};
use crate::error::AccountError;
use crate::sessions::{NewSession, RefreshTokens, SignedIn};
use crate::standing::{Kind, Standing};
use crate::tables::{ACCOUNTS, AccountRow, PASSWORDS, PROFILE_VERSIONS, STANDINGS};

impl Accounts {
    /// Whether guests are taken in.
    pub fn takes_guests(&self) -> bool {
        self.0.settings.guests
    }

    /// Takes a guest in, under an identifier and on a device that the server draws.
    pub async fn open_guest(&self, device_name: Option<String>) -> Result<SignedIn, AccountError> {
        if !self.takes_guests() {
            return Err(AccountError::NoGuests);
        }
        let user = self.create_guest().await?;
        let refresh_tokens = RefreshTokens::Unsupported;
        let new = NewSession { device_id: None, name: device_name, refresh_tokens };
        self.begin_session(&user, new).await
    }

    /// The guest of an access token, who asks to become the person named so.
    pub async fn guest_of(
        &self,
        token: &str,
        localpart: &str,
    ) -> Result<OwnedUserId, AccountError> {
        let session = self.authenticate(token).await?;
        if session.standing.locked {
            return Err(AccountError::Locked);
        }
        if !session.standing.is_guest() {
            return Err(AccountError::Invalid("the token is not a guest's".to_owned()));
        }
        if session.user_id.localpart() != localpart {
            return Err(AccountError::Invalid("a guest keeps the name that they have".to_owned()));
        }
        Ok(session.user_id)
    }

    /// Makes a guest a person with a password. Their sessions go on.
    pub async fn upgrade_guest(
        &self,
        user: &UserId,
        password: &Secret<String>,
    ) -> Result<(), AccountError> {
        self.require_strong_password(password)?;
        let hash = self.0.passwords.hash(password).await?;
        let sealing = self.0.vault.key(&owner(user)).await?;
        let key = user.to_string();
        for _ in 0..ATTEMPTS {
            let account = self.active(user).await?;
            let AccountRow::Active { created, passwords } = account else { break };
            let Some(was) = STANDINGS.get(&self.0.store, &key).await?.filter(|was| was.is_guest())
            else {
                return Err(AccountError::UserInUse);
            };
            let mut batch = Batch::new();
            ACCOUNTS.check_equals(&mut batch, &key, &account)?;
            let passwords = passwords + 1;
            ACCOUNTS.put(&mut batch, &key, &AccountRow::Active { created, passwords })?;
            PASSWORDS.put(&mut batch, &sealing, &key, &hash)?;
            STANDINGS.check_equals(&mut batch, &key, &was)?;
            Standing { kind: Kind::Person, ..was }.put(&mut batch, &key)?;
            journal::record(&mut batch, &Change::Account { user: user.to_owned() })?;
            match self.0.store.commit(batch).await {
                Ok(_) => {
                    self.0.cache.forget_person(user);
                    self.tell_directory(user).await;
                    return Ok(());
                }
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(AccountError::Busy)
    }

    async fn create_guest(&self) -> Result<OwnedUserId, AccountError> {
        for _ in 0..ATTEMPTS {
            let user = self.new_user(&random::base32::<16>())?;
            let key = user.to_string();
            let mut batch = Batch::new();
            ACCOUNTS.check_absent(&mut batch, &key);
            let account = AccountRow::Active { created: self.0.clock.now(), passwords: 0 };
            ACCOUNTS.put(&mut batch, &key, &account)?;
            Standing { kind: Kind::Guest, ..Standing::default() }.put(&mut batch, &key)?;
            PROFILE_VERSIONS.put(&mut batch, &key, &1)?;
            match self.0.store.commit(batch).await {
                Ok(_) => return Ok(user),
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(AccountError::Busy)
    }
}
