//! Appending events to a room: decide on the state in memory, write one batch.
//!
//! A [`Writing`] holds the room's one writer's place. Any number of events can be drafted in it,
//! each decided on the state that the ones before left; all become durable together, or none.

use std::collections::HashMap;
use std::sync::Arc;

use rules::build::{Draft, Place, Signer};
use rules::event::Pdu;
use rules::tree::{Node, NodeNo};
use ruma_common::{EventId, OwnedEventId, UserId};
use serde_json::Value;
use store::Batch;

use crate::error::RoomError;
use crate::event::{Stored, Transaction};
use crate::load::{EncryptionPolicy, Rooms};
use crate::notices::Voice;
use crate::room::{Current, Room};
use crate::tables::HEADS;

/// Parents named at most by an event (`prev_events`).
const PARENTS: usize = 10;

/// A room being written.
pub(crate) struct Writing {
    pub(crate) rooms: Rooms,
    pub(crate) room: Arc<Room>,
    /// The state that all is decided on.
    pub(crate) base: Arc<Current>,
    /// The state that what is drafted leaves.
    pub(crate) current: Current,
    pub(crate) batch: Batch,
    /// Events that the batch adds.
    pub(crate) added: Vec<Arc<Stored>>,
    /// Events as they are once the batch has taken their bodies.
    pub(crate) withdrawn: Vec<Arc<Stored>>,
    /// Nodes of the state's tree that the batch makes.
    pub(crate) nodes: HashMap<NodeNo, Arc<Node>>,
    /// In whose name.
    pub(crate) voice: Voice,
    _turn: Option<Turn>,
}

/// A room's writer's place, held by whoever decides and by whatever they commit.
pub(crate) type Turn = Arc<tokio::sync::OwnedMutexGuard<()>>;

impl Rooms {
    /// A writing by who has the room's writer's place.
    pub(crate) fn write(&self, room: &Arc<Room>, turn: &Turn) -> Result<Writing, RoomError> {
        let mut writing = self.writing(Arc::clone(room), Some(Arc::clone(turn)));
        // Another node may have written meanwhile: then the store refuses, and we decide again.
        HEADS.check_equals(&mut writing.batch, &writing.room.no, &writing.base.head)?;
        Ok(writing)
    }

    /// A room that does not exist yet: nobody else can be writing it.
    pub(crate) fn write_new(&self, room: Arc<Room>) -> Writing {
        self.writing(room, None)
    }

    fn writing(&self, room: Arc<Room>, turn: Option<Turn>) -> Writing {
        let base = room.current();
        Writing {
            rooms: self.clone(),
            room,
            current: Current::clone(&base),
            base,
            batch: Batch::new(),
            added: Vec::new(),
            withdrawn: Vec::new(),
            nodes: HashMap::new(),
            voice: Voice::Person,
            _turn: turn,
        }
    }
}

impl Writing {
    /// Drafts one event after those before it: builds, signs, authorises and adds it.
    pub(crate) async fn append(
        &mut self,
        sender: &UserId,
        draft: Draft,
        transaction: Option<Transaction>,
    ) -> Result<Arc<Stored>, RoomError> {
        self.refuse_plaintext(&draft)?;
        refuse_weaker_encryption(&draft)?;
        self.refuse_strangers(&draft)?;
        self.refuse_blocked(&draft).await?;
        self.refuse_deafness(sender, &draft).await?;
        self.refuse_relation(&draft, sender).await?;
        let pdu = self.build(sender, draft)?;
        let event = self.add(pdu, transaction).await?;
        self.mark_spoken(&event).await?;
        Ok(event)
    }

    /// Promise P1: an encrypted room accepts no readable message, and neither does a private one
    /// that is not encrypted yet.
    fn refuse_plaintext(&self, draft: &Draft) -> Result<(), RoomError> {
        let required = self.rooms.0.settings.encryption == EncryptionPolicy::Required;
        let sealed = || self.current.is_encrypted() || !self.current.is_open();
        if required
            && self.voice == Voice::Person
            && draft.state_key.is_none()
            && rules::sealing::must_refuse_plaintext(&draft.kind, &draft.content)
            && sealed()
        {
            return Err(RoomError::PlaintextRefused { kind: draft.kind.clone() });
        }
        Ok(())
    }

    /// Nobody on another server can come in: no other server is told of it.
    fn refuse_strangers(&self, draft: &Draft) -> Result<(), RoomError> {
        let to = draft.content.get("membership").and_then(Value::as_str);
        let person = draft.state_key.as_deref().and_then(|key| <&UserId>::try_from(key).ok());
        if draft.kind == "m.room.member"
            && matches!(to, Some("join" | "invite" | "knock"))
            && let Some(person) = person
            && person.server_name() != self.rooms.0.settings.server_name
        {
            let message = format!("{person} is on another server, and this one does not federate");
            return Err(RoomError::Forbidden(message));
        }
        Ok(())
    }

    /// Builds the event at the room's head and asks the rules.
    pub(crate) fn build(&self, sender: &UserId, draft: Draft) -> Result<Pdu, RoomError> {
        let inner = &self.rooms.0;
        let rules = &self.room.rules;
        let auth: Vec<_> = self.auth_events(sender, &draft)?;
        let head = &self.current.head;
        let parents = head.extremities.iter().rev().take(PARENTS);
        let prev_events: Vec<OwnedEventId> =
            parents.filter_map(|(id, _)| EventId::parse(id).ok()).collect();
        let depth = head.extremities.iter().map(|(_, depth)| *depth).max().unwrap_or(0);
        let is_create = draft.kind == "m.room.create";
        let place = Place {
            room_id: (!is_create || !rules.authorization.room_create_event_id_as_room_id)
                .then_some(&*self.room.id),
            sender,
            prev_events,
            auth_events: auth.iter().map(|event| event.id().to_owned()).collect(),
            depth: depth + 1,
            timestamp: if is_create {
                inner.numbers.creation_time(&*inner.clock)
            } else {
                inner.clock.now()
            },
        };
        let signer = Signer { server: &inner.settings.server_name, key: &inner.signing };
        let pdu = rules::build::build(rules, draft, &place, signer)?;
        let state = |kind: &str, state_key: &str| {
            self.current.get(kind, state_key).map(|event| event.pdu.clone())
        };
        // From version 12 on an event does not name the room's first event, and needs it.
        let create = self.current.get("m.room.create", "");
        let by_id = |id: &EventId| {
            let mut known = auth.iter().chain(create);
            known.find(|event| event.id() == id).map(|event| event.pdu.clone())
        };
        rules::auth::authorise(rules, &pdu, state, by_id)?;
        Ok(pdu)
    }

    /// The events that allow this one: those of the current state that its rules name.
    fn auth_events(&self, sender: &UserId, draft: &Draft) -> Result<Vec<Arc<Stored>>, RoomError> {
        let keys = rules::build::auth_event_keys(&self.room.rules, sender, draft)?;
        Ok(keys.into_iter().filter_map(|key| self.current.state.get(&key).cloned()).collect())
    }
}

/// An encrypted room stays encrypted, by the one algorithm that clients have.
fn refuse_weaker_encryption(draft: &Draft) -> Result<(), RoomError> {
    let algorithm = draft.content.get("algorithm").and_then(Value::as_str);
    if draft.kind == "m.room.encryption" && algorithm != Some(rules::sealing::ALGORITHM) {
        let message = format!("the encryption algorithm must be {}", rules::sealing::ALGORITHM);
        return Err(RoomError::Invalid(message));
    }
    Ok(())
}
