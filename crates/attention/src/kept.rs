//! What was counted, written now and then, so that whoever counts without memory begins there.

use base::number::RoomNo;
use ruma_common::UserId;
use store::{Batch, Prefix};
use vault::{Owner, SealedTable};

use crate::attention::Attention;
use crate::error::AttentionError;
use crate::unread::Unread;

/// What a person had unread in a room when it was last written.
const UNREAD: SealedTable<(String, RoomNo), Unread> = SealedTable::new("unread");

/// Events asked after which what was counted is written: so many are asked again at most.
pub(crate) const WRITTEN_AFTER: usize = 1_000;

impl Attention {
    /// What was last written.
    pub(crate) async fn written(
        &self,
        user: &UserId,
        room: RoomNo,
    ) -> Result<Option<Unread>, AttentionError> {
        let owner = Owner::Person(user.to_owned());
        let (store, vault) = (&self.0.store, &self.0.vault);
        Ok(UNREAD.get(store, vault, &owner, &(user.to_string(), room)).await?)
    }

    /// Writes what was counted. It is but a place to begin at: of two who write, either is right.
    pub(crate) async fn write(
        &self,
        user: &UserId,
        room: RoomNo,
        unread: &Unread,
    ) -> Result<(), AttentionError> {
        let key = self.0.vault.key(&Owner::Person(user.to_owned())).await?;
        let mut batch = Batch::new();
        UNREAD.put(&mut batch, &key, &(user.to_string(), room), unread)?;
        match self.0.store.commit(batch).await {
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "unread counts are not written"),
        }
        Ok(())
    }

    /// Forgets what a person had unread: they leave for good.
    pub async fn forget(&self, user: &UserId) -> Result<(), AttentionError> {
        let mut batch = Batch::new();
        UNREAD.delete_range(&mut batch, Prefix::of(&user.to_string()));
        match self.0.store.commit(batch).await {
            Ok(_) | Err(store::CommitError::Conflict { .. }) => Ok(()),
            Err(store::CommitError::Store(error)) => Err(error.into()),
        }
    }
}
