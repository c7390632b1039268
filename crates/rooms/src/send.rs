//! Sending: messages and state, each once however often it is asked.

use std::sync::Arc;

use rules::build::Draft;
use ruma_common::{OwnedEventId, RoomId, UserId};
use serde_json::Value;

use crate::append::Writing;
use crate::commit::deciding;
use crate::error::RoomError;
use crate::event::{Stored, Transaction, damaged};
use crate::load::Rooms;
use crate::room::Room;
use crate::tables::{Membership, TRANSACTIONS, TransactionRow};

impl Rooms {
    /// Sends a message event. A transaction that was already done answers with its event.
    pub async fn send(
        &self,
        sender: &UserId,
        room_id: &RoomId,
        draft: Draft,
        transaction: Option<Transaction>,
    ) -> Result<OwnedEventId, RoomError> {
        if draft.kind == "m.room.redaction" {
            return self.send_redaction(sender, room_id, draft, transaction).await;
        }
        let room = self.room(room_id).await?;
        deciding(|| self.send_once(sender, &room, &draft, transaction.as_ref())).await
    }

    async fn send_once(
        &self,
        sender: &UserId,
        room: &Arc<Room>,
        draft: &Draft,
        transaction: Option<&Transaction>,
    ) -> Result<OwnedEventId, RoomError> {
        let request = transaction.map(|id| transaction_key(sender, room, &draft.kind, id));
        let mut writing = self.write(Arc::clone(room)).await?;
        if let Some(done) = self.done(request.as_ref()).await? {
            return Ok(done);
        }
        room.require_joined(sender)?;
        let event = writing.append(sender, draft.clone(), transaction.cloned()).await?;
        writing.remember(request.as_ref(), &event)?;
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
        deciding(|| self.set_state_once(sender, &room, &draft)).await
    }

    async fn set_state_once(
        &self,
        sender: &UserId,
        room: &Arc<Room>,
        draft: &Draft,
    ) -> Result<OwnedEventId, RoomError> {
        let mut writing = self.write(Arc::clone(room)).await?;
        // Members alone set state, but for their own coming.
        if draft.kind != "m.room.member" {
            room.require_joined(sender)?;
        }
        if let Some(same) = writing.unchanged(sender, draft) {
            return Ok(same);
        }
        if draft.kind == "m.room.canonical_alias" {
            self.check_aliases(&writing.room, &draft.content).await?;
        }
        let mut draft = draft.clone();
        let of = draft.state_key.as_deref().and_then(|key| <&UserId>::try_from(key).ok());
        if let ("m.room.member", Some(of), Value::Object(content)) =
            (draft.kind.as_str(), of, &mut draft.content)
        {
            self.vouch(&writing, of, content).await?;
        }
        let event = writing.append(sender, draft, None).await?;
        committed(writing, &event).await
    }

    /// The event of a request that was done before.
    pub(crate) async fn done(
        &self,
        request: Option<&TransactionKey>,
    ) -> Result<Option<OwnedEventId>, RoomError> {
        let Some(request) = request else { return Ok(None) };
        let row = TRANSACTIONS.get(&self.0.store, request).await?;
        row.map(|row| OwnedEventId::try_from(row.event_id).map_err(|error| damaged(&error)))
            .transpose()
    }
}

impl Writing {
    /// Remembers what came of a request, in the batch that does it.
    pub(crate) fn remember(
        &mut self,
        request: Option<&TransactionKey>,
        event: &Stored,
    ) -> Result<(), RoomError> {
        let Some(request) = request else { return Ok(()) };
        let at = self.rooms.0.clock.now();
        TRANSACTIONS.check_absent(&mut self.batch, request);
        let row = TransactionRow { event_id: event.id().to_string(), at };
        TRANSACTIONS.put(&mut self.batch, request, &row)?;
        Ok(())
    }

    /// The current event, when setting the draft would say the same again.
    fn unchanged(&self, sender: &UserId, draft: &Draft) -> Option<OwnedEventId> {
        let state_key = draft.state_key.as_deref()?;
        let current = self.current.get(&draft.kind, state_key)?;
        let same = self.current.membership(sender) == Membership::Join
            && current.sender() == sender
            && current.redacted_by.is_none()
            && current.pdu.content_as::<Value>().ok()? == draft.content;
        same.then(|| current.id().to_owned())
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
