//! Opening an account: by oneself, where that is allowed, or by the operator.

use std::net::IpAddr;

use base::change::Change;
use base::clock::Timestamp;
use base::network::household;
use base::random;
use base::secret::Secret;
use ruma_common::{OwnedUserId, UserId};
use store::{Batch, CommitError};

use crate::accounts::{ATTEMPTS, Accounts, owner};
use crate::confirm::Stage;
use crate::error::AccountError;
use crate::profile::{ProfileChange, name_field};
use crate::settings::Registration;
use crate::standing::Standing;
use crate::tables::{ACCOUNTS, AccountRow, PASSWORDS, PROFILE_VERSIONS, PROFILES, SPENT_NONCES};

/// An account to be opened.
pub(crate) struct Opening<'a> {
    /// Its name; one is drawn when there is none.
    pub(crate) localpart: Option<&'a str>,
    pub(crate) password: &'a Secret<String>,
    /// What the person is called.
    pub(crate) name: Option<&'a str>,
    pub(crate) standing: Standing,
    /// What may open one account only: its hash, and when it expires.
    pub(crate) nonce: Option<([u8; 32], Timestamp)>,
}

impl Accounts {
    /// Opens an account, under an identifier of the person's choice or a drawn one.
    pub async fn create(
        &self,
        localpart: Option<&str>,
        password: &Secret<String>,
        name: Option<&str>,
    ) -> Result<OwnedUserId, AccountError> {
        let standing = Standing::default();
        self.open_account(Opening { localpart, password, name, standing, nonce: None }).await
    }

    /// Opens an account.
    pub(crate) async fn open_account(
        &self,
        opening: Opening<'_>,
    ) -> Result<OwnedUserId, AccountError> {
        self.require_strong_password(opening.password)?;
        if let Some(localpart) = opening.localpart {
            self.require_available(localpart).await?;
        }
        let name = opening.name.map(name_field).transpose()?.flatten();
        let hash = self.0.passwords.hash(opening.password).await?;
        for _ in 0..ATTEMPTS {
            let user = match opening.localpart {
                Some(localpart) => self.new_user(localpart)?,
                // The room graph is for ever: an identifier that the server draws says nothing.
                None => self.new_user(&random::base32::<16>())?,
            };
            let mut batch = self.account_batch(&user, &hash, name.as_deref()).await?;
            opening.standing.put(&mut batch, &user.to_string())?;
            if let Some((nonce, expires)) = &opening.nonce {
                SPENT_NONCES.check_absent(&mut batch, nonce);
                SPENT_NONCES.put(&mut batch, nonce, expires)?;
            }
            match (self.0.store.commit(batch).await, opening.localpart) {
                (Ok(_), _) => {
                    self.tell_directory(&user).await;
                    return Ok(user);
                }
                (Err(CommitError::Conflict { .. }), Some(localpart)) => {
                    // Either somebody took the name meanwhile, or the nonce was used before.
                    self.require_available(localpart).await?;
                    return Err(AccountError::UnknownNonce);
                }
                (Err(CommitError::Conflict { .. }), None) => {}
                (Err(error), _) => return Err(error.into()),
            }
        }
        Err(AccountError::Busy)
    }

    /// Refuses a name that is malformed, taken, or was taken once.
    pub async fn require_available(&self, localpart: &str) -> Result<(), AccountError> {
        let user = self.new_user(localpart)?;
        match self.account(&user).await? {
            None => Ok(()),
            Some(_) => Err(AccountError::UserInUse),
        }
    }

    /// Refuses a name under which nobody opens an account by themselves: one that is not available,
    /// and one that the configuration makes an administrator's, which is the operator's to open.
    pub async fn require_open_to_strangers(&self, localpart: &str) -> Result<(), AccountError> {
        let user = self.new_user(localpart)?;
        if self.0.settings.administrators.contains(&user) {
            return Err(AccountError::UserInUse);
        }
        self.require_available(localpart).await
    }

    /// What somebody must do to open an account by themselves.
    pub fn registration_stages(&self) -> Result<&'static [&'static [Stage]], AccountError> {
        match self.0.settings.registration {
            Registration::Open => Ok(&[&[Stage::Dummy]]),
            Registration::Token(_) => Ok(&[&[Stage::RegistrationToken]]),
            Registration::Closed => Err(AccountError::RegistrationClosed),
        }
    }

    /// Whether a registration token opens an account.
    pub fn is_registration_token(&self, token: &str) -> bool {
        let token = Secret::new(token.to_owned());
        match &self.0.settings.registration {
            // Every token is compared, so that the time does not tell which one was close.
            Registration::Token(tokens) => {
                tokens.iter().filter(|known| **known == token).count() > 0
            }
            Registration::Open | Registration::Closed => false,
        }
    }

    /// Counts a try to register, or to find out about names and tokens, from an address.
    pub fn count_registration(&self, address: IpAddr) -> Result<(), AccountError> {
        if self.is_exempt(address) {
            return Ok(());
        }
        Ok(self.0.registration_per_address.charge(&household(address), self.0.clock.now())?)
    }

    /// The batch that opens an account.
    async fn account_batch(
        &self,
        user: &UserId,
        hash: &String,
        name: Option<&str>,
    ) -> Result<Batch, AccountError> {
        let key = user.to_string();
        let sealing = self.0.vault.key(&owner(user)).await?;
        let created = self.0.clock.now();
        let mut batch = Batch::new();
        ACCOUNTS.check_absent(&mut batch, &key);
        ACCOUNTS.put(&mut batch, &key, &AccountRow::Active { created, passwords: 1 })?;
        PASSWORDS.put(&mut batch, &sealing, &key, hash)?;
        if let Some(name) = name {
            let profile = ProfileChange::named(name).onto_empty();
            PROFILES.put(&mut batch, &sealing, &key, &profile)?;
        }
        PROFILE_VERSIONS.put(&mut batch, &key, &1)?;
        journal::record(&mut batch, &Change::Profile { user: user.to_owned() })?;
        Ok(batch)
    }

    /// The user id that a new localpart makes.
    pub(crate) fn new_user(&self, localpart: &str) -> Result<OwnedUserId, AccountError> {
        let invalid = || AccountError::InvalidUsername(localpart.to_owned());
        let grammar = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'=' | b'-' | b'/' | b'+');
        if localpart.is_empty() || !localpart.bytes().all(grammar) {
            return Err(invalid());
        }
        let user = UserId::parse(format!("@{localpart}:{}", self.0.settings.server_name));
        user.map_err(|_| invalid())
    }
}
