//! Sending: messages and state, each once however often it is asked.

use std::sync::Arc;

use rules::build::Draft;
use ruma_common::{OwnedEventId, RoomId, UserId};
use serde_json::Value;

use crate::append::Writing;
use crate::error::RoomError;
use crate::event::{Stored, Transaction, damaged};
use crate::load::Rooms;
use crate::room::Room;
use crate::tables::{TRANSACTIONS, TransactionRow};

impl Rooms {
    /// Sends a message event. A transaction that was already done answers with its event.
    pub async fn send(
        &self,
        sender: &UserId,
        room_id: &RoomId,
        draft: Draft,
        transaction: Option<Transaction>,
    ) -> Result<OwnedEventId, RoomError> {
        let Some(transaction) = transaction else {
            let room = self.room(room_id).await?;
            let mut writing = self.write(room).await?;
            let event = writing.append(sender, draft, None).await?;
            return committed(writing, &event).await;
        };
        let room = self.room(room_id).await?;
        let key = transaction_key(sender, &room, &draft.kind, &transaction);
        if let Some(done) = self.done(&key).await? {
            return Ok(done);
        }
        let mut writing = self.write(room).await?;
        // The same request may have been waiting for its turn twice.
        if let Some(done) = self.done(&key).await? {
            return Ok(done);
        }
        let event = writing.append(sender, draft, Some(transaction)).await?;
        writing.remember(&key, &event)?;
        committed(writing, &event).await
    }

    /// Sets a state event.
    pub async fn set_state(
        &self,
        sender: &UserId,
        room_id: &RoomId,
        draft: Draft,
    ) -> Result<OwnedEventId, RoomError> {
        let room = self.room(room_id).await?;
        let mut writing = self.write(room).await?;
        if let Some(same) = writing.unchanged(sender, &draft) {
            return Ok(same);
        }
        if draft.kind == "m.room.canonical_alias" {
            self.check_aliases(&writing.room, &draft.content).await?;
        }
        writing.refuse_weaker_encryption(&draft)?;
        let event = writing.append(sender, draft, None).await?;
        committed(writing, &event).await
    }

    /// The event of a transaction that was done before.
    pub(crate) async fn done(
        &self,
        key: &TransactionKey,
    ) -> Result<Option<OwnedEventId>, RoomError> {
        let row = TRANSACTIONS.get(&self.0.store, key).await?;
        row.map(|row| OwnedEventId::try_from(row.event_id).map_err(|error| damaged(&error)))
            .transpose()
    }
}

impl Writing {
    /// Remembers what came of a transaction, in the batch that does it.
    pub(crate) fn remember(
        &mut self,
        key: &TransactionKey,
        event: &Stored,
    ) -> Result<(), RoomError> {
        let at = self.rooms.0.clock.now();
        TRANSACTIONS.check_absent(&mut self.batch, key);
        let row = TransactionRow { event_id: event.id().to_string(), at };
        TRANSACTIONS.put(&mut self.batch, key, &row)?;
        Ok(())
    }

    /// The current event, when setting the draft would say the same again.
    fn unchanged(&self, sender: &UserId, draft: &Draft) -> Option<OwnedEventId> {
        let state_key = draft.state_key.as_deref()?;
        let current = self.current.get(&draft.kind, state_key)?;
        let same = current.sender() == sender
            && current.redacted_by.is_none()
            && current.pdu.content_as::<Value>().ok()? == draft.content;
        same.then(|| current.id().to_owned())
    }

    /// An encrypted room stays encrypted, by the one algorithm that clients have.
    fn refuse_weaker_encryption(&self, draft: &Draft) -> Result<(), RoomError> {
        let known = draft.content.get("algorithm").and_then(Value::as_str);
        if draft.kind == "m.room.encryption" && known != Some("m.megolm.v1.aes-sha2") {
            let message = "the encryption algorithm must be m.megolm.v1.aes-sha2";
            return Err(RoomError::Invalid(message.to_owned()));
        }
        Ok(())
    }
}

pub(crate) async fn committed(
    writing: Writing,
    event: &Arc<Stored>,
) -> Result<OwnedEventId, RoomError> {
    writing.commit().await?;
    Ok(event.id().to_owned())
}

/// Sender, device, and what names the request among the device's.
pub(crate) type TransactionKey = (String, String, String);

/// The same transaction id names different requests in different rooms, and for different types
/// ("Transaction identifiers": the scope is one device and one endpoint).
pub(crate) fn transaction_key(
    sender: &UserId,
    room: &Room,
    kind: &str,
    transaction: &Transaction,
) -> TransactionKey {
    let request = format!("{} {kind} {}", room.no, transaction.id);
    (sender.to_string(), transaction.device.to_string(), request)
}
