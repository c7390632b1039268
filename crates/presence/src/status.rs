//! The line that a person writes of themselves: stored, so that it outlives a restart.

use std::sync::Arc;

use ruma_common::UserId;
use store::Batch;
use vault::Owner;

use crate::error::PresenceError;
use crate::person::Status;
use crate::presence::Presence;
use crate::tables::{STATUSES, StatusRow};

/// Bytes of a status message at most.
pub const LONGEST_STATUS: usize = 512;

impl Presence {
    /// What a person says of themselves, as the store has it.
    pub(crate) async fn read_status(&self, user: &UserId) -> Result<StatusRow, PresenceError> {
        let owner = Owner::Person(user.to_owned());
        let (store, vault) = (&self.0.store, &self.0.vault);
        Ok(STATUSES.get(store, vault, &owner, &user.to_string()).await?.unwrap_or_default())
    }

    /// Keeps what a person says of themselves, unless they say the same already.
    pub(crate) async fn keep_status(
        &self,
        user: &UserId,
        text: Option<String>,
    ) -> Result<Status, PresenceError> {
        let text = text.filter(|text| !text.is_empty());
        if text.as_ref().is_some_and(|text| text.len() > LONGEST_STATUS) {
            return Err(PresenceError::LongStatus { limit: LONGEST_STATUS });
        }
        let was = self.read_status(user).await?;
        if was.text == text {
            return Ok(was.into());
        }
        let revision = u64::from_be_bytes(base::random::bytes()).max(1);
        let row = StatusRow { revision, text };
        let key = self.0.vault.key(&Owner::Person(user.to_owned())).await?;
        let mut batch = Batch::new();
        STATUSES.put(&mut batch, &key, &user.to_string(), &row)?;
        self.0.store.commit(batch).await?;
        Ok(row.into())
    }

    /// Forgets a person: they closed their account.
    pub async fn forget(&self, user: &UserId) -> Result<(), PresenceError> {
        let mut batch = Batch::new();
        STATUSES.delete(&mut batch, &user.to_string());
        self.0.store.commit(batch).await?;
        self.leave(user);
        Ok(())
    }
}

impl From<StatusRow> for Status {
    fn from(row: StatusRow) -> Self {
        Self::Read(row.revision, row.text.map(Arc::from))
    }
}
