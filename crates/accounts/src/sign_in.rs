//! Proving who one is by a password, and changing it.

use std::net::IpAddr;
use std::time::Duration;

use base::network::household;
use base::secret::Secret;
use ruma_common::{DeviceId, OwnedDeviceId, OwnedUserId, UserId};
use store::{Batch, CommitError};

use crate::accounts::{ATTEMPTS, Accounts, owner, stored_user};
use crate::error::AccountError;
use crate::password::Verdict;
use crate::sessions::{NewSession, SignedIn};
use crate::tables::{ACCOUNTS, AccountRow, LOGIN_TOKENS, LoginTokenRow, PASSWORDS};
use crate::token::{self, TokenKind};

/// How long a token for one sign-in lives.
const LOGIN_TOKEN_LIFETIME: Duration = Duration::from_mins(2);

/// What somebody says to prove who they are.
#[derive(Clone, Copy, Debug)]
pub struct Credentials<'a> {
    /// A user id, or a localpart alone.
    pub identifier: &'a str,
    /// The password.
    pub password: &'a Secret<String>,
    /// Where from.
    pub address: IpAddr,
}

/// What becomes of a person's other sessions when their password changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OtherSessions<'a> {
    /// All end but this one.
    EndAllBut(Option<&'a DeviceId>),
    /// They stay.
    Keep,
}

impl Accounts {
    /// Signs somebody in by their password.
    pub async fn sign_in(
        &self,
        credentials: Credentials<'_>,
        new: NewSession,
    ) -> Result<SignedIn, AccountError> {
        let (user, proven) = self.prove(credentials).await?;
        // A password changed meanwhile ended all sessions: none begins by the old one.
        self.begin(&user, new, proven).await
    }

    /// The person whose password this is.
    pub async fn check_password(
        &self,
        credentials: Credentials<'_>,
    ) -> Result<OwnedUserId, AccountError> {
        self.prove(credentials).await.map(|(user, _)| user)
    }

    /// Changes a person's password; the sessions that were ended for it.
    pub async fn change_password(
        &self,
        user: &UserId,
        password: &Secret<String>,
        others: OtherSessions<'_>,
    ) -> Result<Vec<OwnedDeviceId>, AccountError> {
        self.require_strong_password(password)?;
        let hash = self.0.passwords.hash(password).await?;
        for _ in 0..ATTEMPTS {
            let account = self.active(user).await?;
            if self.put_password(user, account, &hash).await?.is_some() {
                return match others {
                    OtherSessions::EndAllBut(current) => self.end_sessions(user, current).await,
                    OtherSessions::Keep => Ok(Vec::new()),
                };
            }
        }
        Err(AccountError::Busy)
    }

    /// Refuses a password that nobody should have.
    pub fn require_strong_password(&self, password: &Secret<String>) -> Result<(), AccountError> {
        self.0.passwords.require_strong(password)
    }

    /// A token with which another device of the person signs in once, and how long it lives.
    pub async fn issue_login_token(
        &self,
        user: &UserId,
    ) -> Result<(Secret<String>, Duration), AccountError> {
        let account = self.active(user).await?;
        let (token, hash) = token::draw(TokenKind::Login);
        let expires = self.0.clock.now().plus(LOGIN_TOKEN_LIFETIME);
        let mut batch = Batch::new();
        ACCOUNTS.check_equals(&mut batch, &user.to_string(), &account)?;
        LOGIN_TOKENS.put(&mut batch, &hash, &LoginTokenRow { user: user.to_string(), expires })?;
        self.0.store.commit(batch).await?;
        Ok((token, LOGIN_TOKEN_LIFETIME))
    }

    /// Signs somebody in by a token that another device of theirs was given, once.
    pub async fn sign_in_by_token(
        &self,
        token: &str,
        address: IpAddr,
        new: NewSession,
    ) -> Result<SignedIn, AccountError> {
        let now = self.0.clock.now();
        self.count_try(address, None)?;
        let hash = token::hash_of_kind(token, TokenKind::Login);
        let hash = hash.ok_or(AccountError::WrongCredentials)?;
        let row = LOGIN_TOKENS.get(&self.0.store, &hash).await?;
        let row = row.ok_or(AccountError::WrongCredentials)?;
        let mut batch = Batch::new();
        LOGIN_TOKENS.check_equals(&mut batch, &hash, &row)?;
        LOGIN_TOKENS.delete(&mut batch, &hash);
        match self.0.store.commit(batch).await {
            Ok(_) if !self.is_past(row.expires, now) => {}
            // Expired, or somebody else used it first.
            Ok(_) | Err(CommitError::Conflict { .. }) => {
                return Err(AccountError::WrongCredentials);
            }
            Err(error) => return Err(error.into()),
        }
        self.forgive_try(address, None);
        self.begin_session(&stored_user(&row.user)?, new).await
    }

    /// The person whose password this is, and their account as it was when it was proven.
    async fn prove(
        &self,
        credentials: Credentials<'_>,
    ) -> Result<(OwnedUserId, AccountRow), AccountError> {
        let Credentials { identifier, password, address } = credentials;
        let user = self.resolve(identifier);
        let tried = user.as_ref().map_or(identifier, |user| user.as_str());
        self.count_try(address, Some(tried))?;
        let account = self.verify(user.as_deref(), password).await?;
        let (Some(user), Some(account)) = (user, account) else {
            return Err(AccountError::WrongCredentials);
        };
        self.forgive_try(address, Some(user.as_str()));
        Ok((user, account))
    }

    /// Counts a try to sign in from an address, at an account when one is named.
    fn count_try(&self, address: IpAddr, account: Option<&str>) -> Result<(), AccountError> {
        if self.is_exempt(address) {
            return Ok(());
        }
        let now = self.0.clock.now();
        self.0.sign_in_per_address.charge(&household(address), now)?;
        if let Some(account) = account {
            self.0.sign_in_per_account.charge(&account, now)?;
        }
        Ok(())
    }

    /// Takes back a try that was no guess.
    fn forgive_try(&self, address: IpAddr, account: Option<&str>) {
        if self.is_exempt(address) {
            return;
        }
        self.0.sign_in_per_address.refund(&household(address));
        if let Some(account) = account {
            self.0.sign_in_per_account.refund(&account);
        }
    }

    /// The account of the person whose password this is; nobody's costs the same work.
    async fn verify(
        &self,
        user: Option<&UserId>,
        password: &Secret<String>,
    ) -> Result<Option<AccountRow>, AccountError> {
        for _ in 0..ATTEMPTS {
            let known = match user {
                Some(user) => self.password_hash(user).await?,
                None => None,
            };
            let (account, hash) = known.unzip();
            let verdict = self.0.passwords.verify(password, hash).await?;
            let (Some(user), Some(account)) = (user, account) else { return Ok(None) };
            match verdict {
                Verdict::Wrong => return Ok(None),
                Verdict::Right => return Ok(Some(account)),
                Verdict::RightButStale => {
                    let hash = self.0.passwords.hash(password).await?;
                    // Somebody may have set another password meanwhile: then it is looked at anew.
                    if let Some(account) = self.put_password(user, account, &hash).await? {
                        return Ok(Some(account));
                    }
                }
            }
        }
        Err(AccountError::Busy)
    }

    /// A person's account and the hash of their password.
    async fn password_hash(
        &self,
        user: &UserId,
    ) -> Result<Option<(AccountRow, String)>, AccountError> {
        let view = self.0.store.snapshot().await?;
        let key = user.to_string();
        let account = ACCOUNTS.get(&view, &key).await?;
        let hash = PASSWORDS.get(&view, &self.0.vault, &owner(user), &key).await?;
        Ok(account.zip(hash))
    }

    /// Sets a password that was decided on `account`: the account as it is now, or `None` when
    /// somebody else wrote first.
    async fn put_password(
        &self,
        user: &UserId,
        account: AccountRow,
        hash: &String,
    ) -> Result<Option<AccountRow>, AccountError> {
        let AccountRow::Active { created, passwords } = account else { return Ok(None) };
        let next = AccountRow::Active { created, passwords: passwords + 1 };
        let sealing = self.0.vault.key(&owner(user)).await?;
        let key = user.to_string();
        let mut batch = Batch::new();
        ACCOUNTS.check_equals(&mut batch, &key, &account)?;
        ACCOUNTS.put(&mut batch, &key, &next)?;
        PASSWORDS.put(&mut batch, &sealing, &key, hash)?;
        match self.0.store.commit(batch).await {
            Ok(_) => Ok(Some(next)),
            Err(CommitError::Conflict { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::sync::Arc;

    use base::clock::SystemClock;
    use ruma_common::owned_server_name;
    use store::{MemoryDisk, Store};
    use vault::{KeyEncryptionKey, Vault};

    use super::*;
    use crate::sessions::RefreshTokens;
    use crate::settings::{PasswordCost, Settings};

    async fn accounts() -> Accounts {
        let store = || Store::open_memory(&MemoryDisk::default(), None).unwrap();
        let vault = Vault::open(store(), KeyEncryptionKey::from_bytes([7; 32])).await.unwrap();
        let mut settings = Settings::new(owned_server_name!("town.example"));
        settings.password_cost = PasswordCost { memory: 8, passes: 1, lanes: 1 };
        Accounts::open(store(), vault, settings, Arc::new(SystemClock)).await.unwrap()
    }

    /// The moment between the proof and the session cannot be hit from outside.
    #[tokio::test]
    async fn a_password_changed_after_the_proof_begins_no_session() {
        let accounts = accounts().await;
        let old = Secret::new("correct horse battery".to_owned());
        let alice = accounts.create(Some("alice"), &old, None).await.unwrap();
        let address = Ipv4Addr::LOCALHOST.into();
        let credentials = Credentials { identifier: "alice", password: &old, address };
        let (_, proven) = accounts.prove(credentials).await.unwrap();
        let new = Secret::new("another good password".to_owned());
        accounts.change_password(&alice, &new, OtherSessions::EndAllBut(None)).await.unwrap();
        let refresh_tokens = RefreshTokens::Unsupported;
        let session = NewSession { device_id: None, name: None, refresh_tokens };
        let begun = accounts.begin(&alice, session, proven).await;
        assert!(matches!(begun, Err(AccountError::WrongCredentials)));
    }
}
