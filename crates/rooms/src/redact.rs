//! Redacting: the event that says so, and the body gone, in one batch.

use std::sync::Arc;

use base::change::Change;
use rules::build::Draft;
use ruma_common::{EventId, OwnedEventId, RoomId, UserId};
use serde_json::{Value, json};

use crate::append::Writing;
use crate::error::RoomError;
use crate::event::{Stored, Transaction, damaged};
use crate::load::Rooms;
use crate::send::{Request, committed};
use crate::tables::{BODIES, EVENTS};

impl Rooms {
    /// Redacts an event of one's own, or anybody's with the power to. The body is deleted.
    pub async fn redact(
        &self,
        sender: &UserId,
        room_id: &RoomId,
        (target, reason): (&EventId, Option<String>),
        transaction: Transaction,
    ) -> Result<OwnedEventId, RoomError> {
        let content = match reason {
            Some(reason) => json!({ "reason": reason }),
            None => json!({}),
        };
        let draft = Draft::redaction(target.to_owned(), content);
        self.send_redaction(sender, room_id, draft, Some(transaction)).await
    }

    /// A redaction however it is sent: it takes a body away, or it is refused.
    pub(crate) async fn send_redaction(
        &self,
        sender: &UserId,
        room_id: &RoomId,
        mut draft: Draft,
        transaction: Option<Transaction>,
    ) -> Result<OwnedEventId, RoomError> {
        if draft.redacts.is_none() {
            let named = draft.content.get("redacts").and_then(Value::as_str);
            let named = named.and_then(|id| EventId::parse(id).ok());
            let missing = || RoomError::Invalid("a redaction names an event (redacts)".to_owned());
            draft.redacts = Some(named.ok_or_else(missing)?);
        }
        let request = Request { sender, draft, transaction };
        self.once(room_id, &request, |writing| self.redact_once(writing, &request)).await
    }

    async fn redact_once(
        &self,
        mut writing: Writing,
        request: &Request<'_>,
    ) -> Result<OwnedEventId, RoomError> {
        writing.require_joined(request.sender)?;
        let target = match &request.draft.redacts {
            Some(id) => self.event_in(writing.room.no, id).await?,
            None => None,
        };
        let missing = || RoomError::NotFound("the event to redact is not in the room".to_owned());
        let target = target.ok_or_else(missing)?;
        writing.require_power_to_redact(request.sender, &target)?;
        writing.announce_redaction(&target)?;
        writing.forget_relation(&target).await?;
        let redaction = writing.append_request(request).await?;
        writing.take_body(&target, &redaction)?;
        committed(writing, &redaction).await
    }
}

impl Writing {
    fn require_power_to_redact(&self, sender: &UserId, target: &Stored) -> Result<(), RoomError> {
        if target.sender() == sender {
            return Ok(());
        }
        let powers = self.powers()?;
        if powers.level_of(sender) >= powers.to_redact() {
            return Ok(());
        }
        Err(RoomError::Forbidden(format!("{sender} may not redact the events of others")))
    }

    /// Tells the other nodes that the event loses its body: before the event that takes it, so
    /// that nobody shows the body who has that.
    fn announce_redaction(&mut self, target: &Stored) -> Result<(), RoomError> {
        if target.redacted_by.is_some() {
            return Ok(());
        }
        let change = Change::Redacted { room: target.room, event: target.no };
        Ok(journal::record(&mut self.batch, &change)?)
    }

    /// Takes the body away: from the store, and from what is in memory.
    fn take_body(&mut self, target: &Stored, by: &Stored) -> Result<(), RoomError> {
        if target.redacted_by.is_some() {
            return Ok(());
        }
        let pdu = rules::redaction::redact(&self.room.rules, &target.pdu);
        let redacted = Arc::new(target.redacted(pdu.map_err(|error| damaged(&error))?, by.no));
        let skeleton = redacted.pdu.json().map_err(|error| damaged(&error))?;
        EVENTS.put(&mut self.batch, &target.no, &redacted.row(&skeleton)?)?;
        BODIES.delete(&mut self.batch, &target.no);
        self.current.withdraw(&redacted);
        self.withdrawn.push(redacted);
        Ok(())
    }
}
