//! Whose access token this is: asked by every request, answered from memory.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use base::clock::Timestamp;
use ruma_common::{OwnedDeviceId, OwnedUserId};
use store::{Batch, CommitError};

use crate::accounts::{ATTEMPTS, Accounts, stored_user};
use crate::cache::Cached;
use crate::error::AccountError;
use crate::seen::STEP;
use crate::sessions::{drop_tokens, record_session};
use crate::standing::Standing;
use crate::tables::{ENDED, SESSIONS, SessionKey, SessionRow, TOKENS, TokenPair};
use crate::token::{self, TokenHash, TokenKind};

/// A person, by one of their sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The person.
    pub user_id: OwnedUserId,
    /// The device.
    pub device_id: OwnedDeviceId,
    /// How the person's account stands: what may be done by the session hangs on it.
    pub standing: Standing,
}

impl Accounts {
    /// The session of an access token.
    pub async fn authenticate(&self, token: &str) -> Result<Session, AccountError> {
        let unknown = AccountError::UnknownToken { soft_logout: false };
        let hash = token::hash_of_kind(token, TokenKind::Access).ok_or(unknown)?;
        let now = self.0.clock.now();
        let cached = match self.0.cache.get(&hash) {
            Some(cached) => cached,
            None => self.read_session(hash, now).await?,
        };
        if self.is_over(cached.expires, now) {
            return Err(AccountError::UnknownToken { soft_logout: true });
        }
        let (user_id, device_id) = (cached.user_id.clone(), cached.device_id.clone());
        if cached.is_news(now, u64::try_from(STEP.as_millis()).unwrap_or(u64::MAX)) {
            self.0.seen.note((user_id.to_string(), device_id.to_string()), now);
        }
        Ok(Session { user_id, device_id, standing: cached.standing })
    }

    /// The same after a wait that a change of the session may have ended: an answer from memory
    /// counts only once what the log tells of sessions was followed up to now.
    pub async fn authenticate_again(&self, token: &str) -> Result<Session, AccountError> {
        if !self.0.followed.reaches(self.0.store.log_end()).await {
            self.0.cache.forget_token(token::hash_of_kind(token, TokenKind::Access));
        }
        self.authenticate(token).await
    }

    /// Whether tokens have expired. Those that were ended by hand have, by every clock.
    fn is_over(&self, expires: Option<Timestamp>, now: Timestamp) -> bool {
        expires.is_some_and(|expires| expires == ENDED || self.is_past(expires, now))
    }

    async fn read_session(
        &self,
        hash: TokenHash,
        now: Timestamp,
    ) -> Result<Arc<Cached>, AccountError> {
        for _ in 0..ATTEMPTS {
            let epoch = self.0.cache.epoch();
            let (key, row) = self.session_of(&hash).await?;
            let pair = row.pair(&hash, |pair| Some(pair.access));
            let pair = pair.ok_or(AccountError::UnknownToken { soft_logout: false })?;
            if self.is_over(pair.expires, now) {
                return Err(AccountError::UnknownToken { soft_logout: true });
            }
            if row.current == *pair && row.previous.is_some() {
                self.confirm_arrival(&key, &row).await?;
                continue;
            }
            let user_id = stored_user(&key.0)?;
            let cached = Arc::new(Cached {
                standing: self.read_standing(&self.0.store, &user_id).await?,
                user_id,
                device_id: key.1.into(),
                expires: pair.expires,
                seen: AtomicU64::new(0),
            });
            self.0.cache.remember(hash, cached.clone(), epoch);
            return Ok(cached);
        }
        Err(AccountError::Busy)
    }

    /// The session that a token, of either kind, belongs to.
    pub(crate) async fn session_of(
        &self,
        hash: &TokenHash,
    ) -> Result<(SessionKey, SessionRow), AccountError> {
        let unknown = AccountError::UnknownToken { soft_logout: false };
        let Some(row) = TOKENS.get(&self.0.store, hash).await? else { return Err(unknown) };
        let key = (row.user, row.device);
        let session = SESSIONS.get(&self.0.store, &key).await?;
        Ok((key, session.ok_or(unknown)?))
    }

    /// The new tokens arrived, since they are used: those before them end.
    async fn confirm_arrival(
        &self,
        key: &SessionKey,
        row: &SessionRow,
    ) -> Result<(), AccountError> {
        let mut batch = Batch::new();
        SESSIONS.check_equals(&mut batch, key, row)?;
        SESSIONS.put(&mut batch, key, &SessionRow { previous: None, ..row.clone() })?;
        drop_tokens(&mut batch, row.previous.as_ref());
        record_session(&mut batch, key)?;
        match self.0.store.commit(batch).await {
            Ok(_) => self.forget_session(key),
            // Another request with the same token came first.
            Err(CommitError::Conflict { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }
}

impl SessionRow {
    /// The pair of which `part` is this hash.
    pub(crate) fn pair(
        &self,
        hash: &TokenHash,
        part: impl Fn(&TokenPair) -> Option<TokenHash>,
    ) -> Option<&TokenPair> {
        std::iter::once(&self.current).chain(&self.previous).find(|pair| part(pair) == Some(*hash))
    }
}
