//! Redacting: the event that says so, and the body gone, in one batch.

use std::sync::Arc;

use rules::build::Draft;
use ruma_common::{EventId, OwnedEventId, RoomId, UserId};
use serde_json::{Map, Value};

use crate::append::Writing;
use crate::error::RoomError;
use crate::event::{Stored, Transaction};
use crate::load::Rooms;
use crate::send::{committed, transaction_key};
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
        let room = self.room(room_id).await?;
        let key = transaction_key(sender, &room, "m.room.redaction", &transaction);
        if let Some(done) = self.done(&key).await? {
            return Ok(done);
        }
        self.require_joined(&room, sender)?;
        let missing = || RoomError::NotFound(format!("event {target} is not in the room"));
        let target = self.event_by_id(target.as_str()).await?.ok_or_else(missing)?;
        if target.room != room.no {
            return Err(missing());
        }
        let mut writing = self.write(room).await?;
        if let Some(done) = self.done(&key).await? {
            return Ok(done);
        }
        writing.require_power_to_redact(sender, &target)?;
        let mut content = Map::new();
        if let Some(reason) = reason {
            content.insert("reason".to_owned(), reason.into());
        }
        let draft = Draft::redaction(target.id().to_owned(), Value::Object(content));
        let redaction = writing.append(sender, draft, Some(transaction)).await?;
        writing.remember(&key, &redaction)?;
        let redacted = writing.apply(&target, &redaction)?;
        let cache = self.0.events.clone();
        let id = committed(writing, &redaction).await?;
        cache.insert(redacted.no, redacted);
        Ok(id)
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

    /// Takes the body away: from the store, and from the state in memory.
    fn apply(&mut self, target: &Stored, by: &Stored) -> Result<Arc<Stored>, RoomError> {
        let pdu = rules::redaction::redact(&self.room.rules, &target.pdu)
            .map_err(|error| crate::event::damaged(&error))?;
        let redacted = Arc::new(target.redacted(pdu, by.no));
        let skeleton = redacted.pdu.json().map_err(|error| crate::event::damaged(&error))?;
        EVENTS.put(&mut self.batch, &target.no, &redacted.row(&skeleton))?;
        BODIES.delete(&mut self.batch, &target.no);
        if let Some(state_key) = target.pdu.state_key() {
            let key = (target.kind().to_owned(), state_key.to_owned());
            if self.current.state.get(&key).is_some_and(|now| now.no == target.no) {
                self.current.set(key, Arc::clone(&redacted));
            }
        }
        Ok(redacted)
    }
}
