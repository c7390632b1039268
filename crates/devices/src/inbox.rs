//! Messages that wait for a device, until its next sync says that they arrived.

use base::number::LogPosition;
use journal::Span;
use ruma_common::{DeviceId, UserId};
use serde_json::value::RawValue;
use store::{Batch, Direction, Key};
use vault::Place;

use crate::devices::{Devices, damaged, owner};
use crate::error::DeviceError;
use crate::tables::{DeviceKey, INBOX};

/// A message that waits.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// Its position in the log, by which it is acknowledged.
    pub position: LogPosition,
    /// The event: `type`, `sender`, `content`.
    pub event: Box<RawValue>,
}

/// Where a message is sealed for.
pub(crate) struct InboxPlace(Vec<u8>);

/// The place of a message: its device and its random id.
pub(crate) fn place(device: &DeviceKey, id: [u8; 16]) -> InboxPlace {
    InboxPlace((device.clone(), id).to_bytes())
}

impl InboxPlace {
    pub(crate) fn as_place(&self) -> Place<'_> {
        Place { table: INBOX.name(), key: &self.0 }
    }
}

impl Devices {
    /// The oldest messages that wait for a device within a span of the log, at most `limit`.
    pub async fn inbox(
        &self,
        user: &UserId,
        device: &DeviceId,
        span: Span,
        limit: usize,
    ) -> Result<Vec<Waiting>, DeviceError> {
        let key = (user.to_string(), device.to_string());
        let rows = INBOX.scan(&self.0.store, &span.of(&key), Direction::Forward, limit).await?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        // Without the key nobody can read them any more: the person has left.
        let Some(sealing_key) = self.0.vault.existing_key(&owner(user)).await? else {
            return Ok(Vec::new());
        };
        let mut waiting = Vec::with_capacity(rows.len());
        for ((_, position), row) in rows {
            let plain = sealing_key.open(place(&key, row.id).as_place(), &row.sealed)?;
            let event = serde_json::from_slice(&plain);
            let event = event.map_err(|error| damaged(INBOX.name(), &error))?;
            waiting.push(Waiting { position, event });
        }
        Ok(waiting)
    }

    /// Forgets the messages up to a position: their device has them. Writes only if there are any.
    pub async fn acknowledge(
        &self,
        user: &UserId,
        device: &DeviceId,
        upto: LogPosition,
    ) -> Result<(), DeviceError> {
        let key = (user.to_string(), device.to_string());
        let part = Span { after: LogPosition(0), upto }.of(&key);
        if INBOX.scan(&self.0.store, &part, Direction::Forward, 1).await?.is_empty() {
            return Ok(());
        }
        let mut batch = Batch::new();
        INBOX.delete_range(&mut batch, part);
        self.0.store.commit(batch).await?;
        Ok(())
    }
}
