//! Tokens by which a third party learns from this server who somebody is, and nothing else.
//!
//! (Specification: "OpenID".)

use std::time::Duration;

use base::secret::Secret;
use ruma_common::{OwnedUserId, UserId};
use store::Batch;

use crate::accounts::{Accounts, stored_user};
use crate::error::AccountError;
use crate::tables::{ACCOUNTS, LoginTokenRow, OPENID_TOKENS};
use crate::token::{self, TokenKind};

/// How long such a token lives.
const LIFETIME: Duration = Duration::from_hours(1);

impl Accounts {
    /// A token by which others learn who this is, and how long it lives.
    pub async fn issue_openid_token(
        &self,
        user: &UserId,
    ) -> Result<(Secret<String>, Duration), AccountError> {
        let account = self.active(user).await?;
        let (token, hash) = token::draw(TokenKind::OpenId);
        let expires = self.0.clock.now().plus(LIFETIME);
        let mut batch = Batch::new();
        ACCOUNTS.check_equals(&mut batch, &user.to_string(), &account)?;
        OPENID_TOKENS.put(&mut batch, &hash, &LoginTokenRow { user: user.to_string(), expires })?;
        self.0.store.commit(batch).await?;
        Ok((token, LIFETIME))
    }

    /// The person who handed out such a token, while their account is in use.
    pub async fn openid_user(&self, token: &str) -> Result<OwnedUserId, AccountError> {
        let unknown = || AccountError::UnknownToken { soft_logout: false };
        let hash = token::hash_of_kind(token, TokenKind::OpenId).ok_or_else(unknown)?;
        let row = OPENID_TOKENS.get(&self.0.store, &hash).await?.ok_or_else(unknown)?;
        if self.is_past(row.expires, self.0.clock.now()) {
            return Err(unknown());
        }
        let user = stored_user(&row.user)?;
        match self.standing(&user).await {
            Ok(standing) if !standing.locked => Ok(user),
            Ok(_) | Err(AccountError::UnknownUser(_)) => Err(unknown()),
            Err(error) => Err(error),
        }
    }
}
