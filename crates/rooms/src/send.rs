//! Sending: messages and state, each once however often it is asked.

use std::sync::Arc;

use base::number::RoomNo;
use rules::build::Draft;
use ruma_common::{OwnedEventId, RoomId, UserId};
use serde_json::Value;

use crate::append::Writing;
use crate::error::RoomError;
use crate::event::{Stored, Transaction, damaged};
use crate::load::Rooms;
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
        let request = Request { sender, draft, transaction };
        self.once(room_id, &request, |mut writing| async {
            let event = writing.append_request(&request).await?;
            committed(writing, &event).await
        })
        .await
    }

    /// Does a request once, however often it is asked. The batch is refused when it was done
    /// before, on whatever node, so that it is looked for only then, or when it cannot be done now.
    pub(crate) async fn once<F>(
        &self,
        room_id: &RoomId,
        request: &Request<'_>,
        act: impl Fn(Writing) -> F,
    ) -> Result<OwnedEventId, RoomError>
    where
        F: Future<Output = Result<OwnedEventId, RoomError>>,
    {
        let room = self.room(room_id).await?;
        let key = request.key(room.no);
        self.decide(&room, async |writing| match act(writing).await {
            Err(error) => self.done(key.as_ref()).await?.ok_or(error),
            done => done,
        })
        .await
    }

    /// Sets a state event.
    pub async fn set_state(
        &self,
        sender: &UserId,
        room_id: &RoomId,
        draft: Draft,
    ) -> Result<OwnedEventId, RoomError> {
        let room = self.room(room_id).await?;
        self.decide(&room, |writing| self.set_state_once(writing, sender, draft.clone())).await
    }

    async fn set_state_once(
        &self,
        mut writing: Writing,
        sender: &UserId,
        mut draft: Draft,
    ) -> Result<OwnedEventId, RoomError> {
        // Members alone set state, but for their own coming.
        if draft.kind != "m.room.member" {
            writing.require_joined(sender)?;
        }
        if let Some(same) = writing.unchanged(sender, &draft) {
            writing.leave().await?;
            return Ok(same);
        }
        if draft.kind == "m.room.canonical_alias" {
            self.check_aliases(&mut writing, &draft.content).await?;
        }
        let of = draft.state_key.as_deref().and_then(|key| <&UserId>::try_from(key).ok());
        if let ("m.room.member", Some(of), Value::Object(content)) =
            (draft.kind.as_str(), of, &mut draft.content)
        {
            self.vouch(&mut writing, of, content).await?;
        }
        let event = writing.append(sender, draft, None).await?;
        committed(writing, &event).await
    }

    /// The event of a request that was done before.
    async fn done(
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
    /// Drafts the event of a request, and remembers in the same batch what came of it.
    pub(crate) async fn append_request(
        &mut self,
        request: &Request<'_>,
    ) -> Result<Arc<Stored>, RoomError> {
        let Request { sender, draft, transaction } = request;
        self.require_joined(sender)?;
        let event = self.append(sender, draft.clone(), transaction.clone()).await?;
        if let Some(key) = request.key(self.room.no) {
            let row =
                TransactionRow { event_id: event.id().to_string(), at: self.rooms.0.clock.now() };
            TRANSACTIONS.check_absent(&mut self.batch, &key);
            TRANSACTIONS.put(&mut self.batch, &key, &row)?;
        }
        Ok(event)
    }

    /// Refuses who is not in the room.
    pub(crate) fn require_joined(&self, user: &UserId) -> Result<(), RoomError> {
        self.current.require_joined(user, &self.room.id)
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

pub(crate) async fn committed(writing: Writing, event: &Stored) -> Result<OwnedEventId, RoomError> {
    writing.commit().await?;
    Ok(event.id().to_owned())
}

/// What somebody asks to be said, perhaps more than once.
pub(crate) struct Request<'a> {
    pub(crate) sender: &'a UserId,
    pub(crate) draft: Draft,
    pub(crate) transaction: Option<Transaction>,
}

/// What names a request among those of a device.
pub(crate) fn transaction_key(room: RoomNo, kind: &str, id: &str) -> String {
    format!("{room} {kind} {id}")
}

/// Sender, device, and what names the request among the device's.
type TransactionKey = (String, String, String);

impl Request<'_> {
    /// The same transaction id names different requests in different rooms, and for different
    /// types ("Transaction identifiers": the scope is one device and one endpoint).
    fn key(&self, room: RoomNo) -> Option<TransactionKey> {
        let transaction = self.transaction.as_ref()?;
        let request = transaction_key(room, &self.draft.kind, &transaction.id);
        Some((self.sender.to_string(), transaction.device.to_string(), request))
    }
}
