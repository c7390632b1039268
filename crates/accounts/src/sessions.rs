//! Sessions: begun by signing in, carried on by refreshing, ended by signing out.
//!
//! A session is a person on a device. Its tokens are given once and known by their hash; a refresh
//! gives new ones, and the old ones end when the new ones are first used, so that an answer lost on
//! the way locks nobody out.

use std::collections::BTreeMap;
use std::time::Duration;

use base::change::Change;
use base::clock::Timestamp;
use base::random;
use base::secret::Secret;
use ruma_common::{DeviceId, OwnedDeviceId, OwnedUserId, UserId};
use store::{Batch, CommitError, Prefix, StoreError};

use crate::accounts::{ATTEMPTS, Accounts, owner, stored_user};
use crate::error::AccountError;
use crate::tables::{
    ACCOUNTS, AccountRow, ENDED, SESSION_NAMES, SESSIONS, SESSIONS_SEEN, SessionKey, SessionRow,
    TOKENS, TokenPair, TokenRow,
};
use crate::token::{self, TokenHash, TokenKind};

/// Bytes of a device id at most.
const DEVICE_ID_BYTES: usize = 255;
/// Characters of a session's name at most; the rest is cut.
const NAME_CHARS: usize = 255;

/// Whether a client can refresh its tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefreshTokens {
    /// It can, and gets short-lived ones.
    Supported,
    /// It cannot.
    Unsupported,
}

/// What a client says when it signs in.
#[derive(Debug)]
pub struct NewSession {
    /// The device to carry on; a new one when `None`.
    pub device_id: Option<OwnedDeviceId>,
    /// What to call a new device.
    pub name: Option<String>,
    /// Whether the client can refresh its tokens.
    pub refresh_tokens: RefreshTokens,
}

/// Tokens, shown once.
#[derive(Debug)]
pub struct Tokens {
    /// Authenticates requests.
    pub access: Secret<String>,
    /// Gets new tokens.
    pub refresh: Option<Secret<String>>,
    /// How long the access token lives.
    pub expires_in: Option<Duration>,
}

/// A session just begun.
#[derive(Debug)]
pub struct SignedIn {
    /// Whose.
    pub user_id: OwnedUserId,
    /// On which device.
    pub device_id: OwnedDeviceId,
    /// Its tokens.
    pub tokens: Tokens,
}

/// A session, as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionInfo {
    /// The device.
    pub device_id: OwnedDeviceId,
    /// What it is called.
    pub name: Option<String>,
    /// When it was last used, to the minute.
    pub last_seen: Option<Timestamp>,
}

impl Accounts {
    /// Begins a session of somebody who proved otherwise who they are, or carries one on: the
    /// device's old tokens end.
    pub async fn begin_session(
        &self,
        user: &UserId,
        new: NewSession,
    ) -> Result<SignedIn, AccountError> {
        let account = self.active(user).await?;
        self.begin(user, new, account).await
    }

    /// Begins a session while the account is as it was when its person proved who they are.
    pub(crate) async fn begin(
        &self,
        user: &UserId,
        new: NewSession,
        proven: AccountRow,
    ) -> Result<SignedIn, AccountError> {
        let device = match new.device_id {
            Some(device) => device,
            None => random::base32::<10>().to_ascii_uppercase().into(),
        };
        require_short(&device)?;
        let key = (user.to_string(), device.to_string());
        for _ in 0..ATTEMPTS {
            if self.active(user).await? != proven {
                return Err(AccountError::WrongCredentials);
            }
            self.require_unlocked(user).await?;
            let was = SESSIONS.get(&self.0.store, &key).await?;
            let mut batch = Batch::new();
            // Whoever closes the account meanwhile is not left with a session.
            ACCOUNTS.check_equals(&mut batch, &key.0, &proven)?;
            SESSIONS.check(&mut batch, &key, was.as_ref())?;
            if let Some(was) = &was {
                drop_tokens(&mut batch, [&was.current].into_iter().chain(&was.previous));
            } else if let Some(name) = &new.name {
                let sealing = self.0.vault.key(&owner(user)).await?;
                SESSION_NAMES.put(&mut batch, &sealing, &key, &shorten(name))?;
            }
            let (tokens, current) = self.draw(new.refresh_tokens);
            put_tokens(&mut batch, &key, &current)?;
            let created = was.map_or_else(|| self.0.clock.now(), |was| was.created);
            SESSIONS.put(&mut batch, &key, &SessionRow { created, current, previous: None })?;
            if self.change_session(batch, &key).await? {
                return Ok(SignedIn { user_id: user.to_owned(), device_id: device, tokens });
            }
        }
        Err(AccountError::Busy)
    }

    /// New tokens for a refresh token.
    pub async fn refresh(&self, token: &str) -> Result<Tokens, AccountError> {
        let unknown = || AccountError::UnknownToken { soft_logout: false };
        let hash = token::hash_of_kind(token, TokenKind::Refresh).ok_or_else(unknown)?;
        for _ in 0..ATTEMPTS {
            let (key, row) = self.session_of(&hash).await?;
            let used = row.pair(&hash, |pair| pair.refresh).ok_or_else(unknown)?;
            self.require_unlocked(&stored_user(&key.0)?).await?;
            let mut batch = Batch::new();
            SESSIONS.check_equals(&mut batch, &key, &row)?;
            // Either the new tokens arrived, and those before them end; or they never did.
            let others = [&row.current].into_iter().chain(&row.previous);
            drop_tokens(&mut batch, others.filter(|pair| *pair != used));
            let (tokens, current) = self.draw(RefreshTokens::Supported);
            put_tokens(&mut batch, &key, &current)?;
            let previous = Some(used.clone());
            SESSIONS.put(&mut batch, &key, &SessionRow { current, previous, ..row })?;
            if self.change_session(batch, &key).await? {
                return Ok(tokens);
            }
        }
        Err(AccountError::Busy)
    }

    /// Ends a session. Ending one that is not there is no failure.
    pub async fn end_session(&self, user: &UserId, device: &DeviceId) -> Result<(), AccountError> {
        let key = (user.to_string(), device.to_string());
        for _ in 0..ATTEMPTS {
            let Some(row) = SESSIONS.get(&self.0.store, &key).await? else { return Ok(()) };
            let mut batch = Batch::new();
            SESSIONS.check_equals(&mut batch, &key, &row)?;
            drop_session(&mut batch, &key, &row);
            if self.change_session(batch, &key).await? {
                return Ok(());
            }
        }
        Err(AccountError::Busy)
    }

    /// Ends all sessions of a person but one; which were ended.
    pub async fn end_sessions(
        &self,
        user: &UserId,
        except: Option<&DeviceId>,
    ) -> Result<Vec<OwnedDeviceId>, AccountError> {
        let mut ended = Vec::new();
        for device in self.devices(user).await? {
            if except != Some(&*device) {
                self.end_session(user, &device).await?;
                ended.push(device);
            }
        }
        Ok(ended)
    }

    /// Ends the tokens of a session and keeps the session: signing in again on the device carries
    /// it on, with its keys. (Specification: soft logout.)
    pub async fn suspend_session(
        &self,
        user: &UserId,
        device: &DeviceId,
    ) -> Result<(), AccountError> {
        let key = (user.to_string(), device.to_string());
        for _ in 0..ATTEMPTS {
            let row = SESSIONS.get(&self.0.store, &key).await?;
            let row = row.ok_or_else(|| AccountError::UnknownSession(device.to_owned()))?;
            let mut batch = Batch::new();
            SESSIONS.check_equals(&mut batch, &key, &row)?;
            drop_tokens(&mut batch, &row.previous);
            row.current.refresh.iter().for_each(|hash| TOKENS.delete(&mut batch, hash));
            let (access, expires) = (row.current.access, Some(ENDED));
            let current = TokenPair { access, expires, refresh: None };
            SESSIONS.put(&mut batch, &key, &SessionRow { current, previous: None, ..row })?;
            if self.change_session(batch, &key).await? {
                return Ok(());
            }
        }
        Err(AccountError::Busy)
    }

    /// The sessions of a person.
    pub async fn sessions(&self, user: &UserId) -> Result<Vec<SessionInfo>, AccountError> {
        let names = self.session_names(user).await?;
        let seen = SESSIONS_SEEN.all(&self.0.store, &of(user)).await?;
        let seen: BTreeMap<SessionKey, Timestamp> = seen.into_iter().collect();
        let devices = self.devices(user).await?;
        let info = |device: OwnedDeviceId| {
            let key = (user.to_string(), device.to_string());
            let last_seen = self.0.seen.get(&key).max(seen.get(&key).copied());
            SessionInfo { name: names.get(&device).cloned(), last_seen, device_id: device }
        };
        Ok(devices.into_iter().map(info).collect())
    }

    /// One session of a person.
    pub async fn session(
        &self,
        user: &UserId,
        device: &DeviceId,
    ) -> Result<SessionInfo, AccountError> {
        let key = (user.to_string(), device.to_string());
        if SESSIONS.get(&self.0.store, &key).await?.is_none() {
            return Err(AccountError::UnknownSession(device.to_owned()));
        }
        let (store, vault) = (&self.0.store, &self.0.vault);
        let name = SESSION_NAMES.get(store, vault, &owner(user), &key).await?;
        // Another node may have seen it later, and this one may not have written it yet.
        let last_seen = self.0.seen.get(&key).max(SESSIONS_SEEN.get(store, &key).await?);
        Ok(SessionInfo { device_id: device.to_owned(), name, last_seen })
    }

    /// What a person calls their sessions.
    pub async fn session_names(
        &self,
        user: &UserId,
    ) -> Result<BTreeMap<OwnedDeviceId, String>, AccountError> {
        let (store, vault) = (&self.0.store, &self.0.vault);
        let names = SESSION_NAMES.all(store, vault, &owner(user), &of(user)).await?;
        Ok(names.into_iter().map(|((_, device), name)| (device.into(), name)).collect())
    }

    /// Calls a session otherwise. Others are told that the person's devices changed.
    pub async fn name_session(
        &self,
        user: &UserId,
        device: &DeviceId,
        name: &str,
    ) -> Result<(), AccountError> {
        let key = (user.to_string(), device.to_string());
        let sealing = self.0.vault.key(&owner(user)).await?;
        for _ in 0..ATTEMPTS {
            let row = SESSIONS.get(&self.0.store, &key).await?;
            let row = row.ok_or_else(|| AccountError::UnknownSession(device.to_owned()))?;
            let mut batch = Batch::new();
            SESSIONS.check_equals(&mut batch, &key, &row)?;
            SESSION_NAMES.put(&mut batch, &sealing, &key, &shorten(name))?;
            journal::record(&mut batch, &Change::DeviceList { user: user.to_owned() })?;
            match self.0.store.commit(batch).await {
                Ok(_) => return Ok(()),
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(AccountError::Busy)
    }

    /// The devices of a person that have a session.
    pub async fn devices(&self, user: &UserId) -> Result<Vec<OwnedDeviceId>, AccountError> {
        let rows = SESSIONS.all(&self.0.store, &of(user)).await?;
        Ok(rows.into_iter().map(|((_, device), _)| device.into()).collect())
    }

    /// The same of many people, in the order asked.
    pub async fn devices_of(
        &self,
        users: &[OwnedUserId],
    ) -> Result<Vec<Vec<OwnedDeviceId>>, AccountError> {
        let parts: Vec<_> = users.iter().map(|user| of(user)).collect();
        let found = SESSIONS.all_of(&self.0.store, &parts).await?;
        let device = |((_, device), _): (SessionKey, _)| device.into();
        Ok(found.into_iter().map(|rows| rows.into_iter().map(device).collect()).collect())
    }

    /// Commits a change of a session and tells of it; `false` when somebody else wrote first.
    async fn change_session(
        &self,
        mut batch: Batch,
        key: &SessionKey,
    ) -> Result<bool, AccountError> {
        record_session(&mut batch, key)?;
        match self.0.store.commit(batch).await {
            Ok(_) => {
                self.forget_session(key);
                Ok(true)
            }
            Err(CommitError::Conflict { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Forgets what is known in memory of a session that changed.
    pub(crate) fn forget_session(&self, key: &SessionKey) {
        if let Ok(user) = stored_user(&key.0) {
            self.0.cache.forget(&user, key.1.as_str().into());
        }
        self.0.seen.forget(key);
    }

    fn draw(&self, refresh_tokens: RefreshTokens) -> (Tokens, TokenPair) {
        let settings = &self.0.settings;
        let (access, access_hash) = token::draw(TokenKind::Access);
        let (refresh, expires_in) = match refresh_tokens {
            RefreshTokens::Supported => {
                (Some(token::draw(TokenKind::Refresh)), Some(settings.access_token_lifetime))
            }
            RefreshTokens::Unsupported => (None, settings.session_lifetime),
        };
        let (refresh, refresh_hash) = refresh.unzip();
        let expires = expires_in.map(|lifetime| self.0.clock.now().plus(lifetime));
        let pair = TokenPair { access: access_hash, expires, refresh: refresh_hash };
        (Tokens { access, refresh, expires_in }, pair)
    }
}

/// All rows of a person.
pub(crate) fn of(user: &UserId) -> Prefix {
    Prefix::of(&user.to_string())
}

/// Adds to a batch that a session changed.
pub(crate) fn record_session(batch: &mut Batch, key: &SessionKey) -> Result<(), AccountError> {
    let user = stored_user(&key.0)?;
    journal::record(batch, &Change::Session { user, device: key.1.as_str().into() })?;
    Ok(())
}

/// Adds to a batch that tokens end.
pub(crate) fn drop_tokens<'a>(batch: &mut Batch, pairs: impl IntoIterator<Item = &'a TokenPair>) {
    for hash in pairs.into_iter().flat_map(TokenPair::hashes) {
        TOKENS.delete(batch, &hash);
    }
}

/// Adds to a batch that a session and all that belongs to it goes.
pub(crate) fn drop_session(batch: &mut Batch, key: &SessionKey, row: &SessionRow) {
    drop_tokens(batch, [&row.current].into_iter().chain(&row.previous));
    SESSIONS.delete(batch, key);
    SESSIONS_SEEN.delete(batch, key);
    SESSION_NAMES.delete(batch, key);
}

fn put_tokens(batch: &mut Batch, key: &SessionKey, pair: &TokenPair) -> Result<(), StoreError> {
    let row = TokenRow { user: key.0.clone(), device: key.1.clone() };
    pair.hashes().try_for_each(|hash: TokenHash| TOKENS.put(batch, &hash, &row))
}

fn require_short(device: &DeviceId) -> Result<(), AccountError> {
    if (1..=DEVICE_ID_BYTES).contains(&device.as_str().len()) {
        return Ok(());
    }
    Err(AccountError::Invalid(format!("a device id has from 1 to {DEVICE_ID_BYTES} bytes")))
}

fn shorten(name: &str) -> String {
    name.chars().take(NAME_CHARS).collect()
}
