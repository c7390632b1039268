//! Appending events to a room: decide on the state in memory, write one batch.
//!
//! A [`Writing`] holds the room's one writer's place. Any number of events can be drafted in it,
//! each decided on the state that the ones before left; all become durable together, or none.

use std::sync::{Arc, OnceLock};

use base::change::Change;
use base::number::TimelineOrd;
use rules::build::{Draft, Place};
use rules::event::Pdu;
use ruma_common::{EventId, OwnedEventId, OwnedUserId, UserId};
use store::{Batch, CommitError};

use crate::error::RoomError;
use crate::event::{Stored, Transaction, damaged, json_text};
use crate::load::{EncryptionPolicy, Rooms};
use crate::room::{Current, Room, StateKey};
use crate::tables::{
    BODIES, EVENT_IDS, EVENTS, HEADS, HeadRow, MEMBERSHIPS, Membership, MembershipRow, STATE,
    STATE_NODES, TIMELINE,
};

/// Parents named at most by an event (`prev_events`).
const PARENTS: usize = 10;

/// A room being written.
pub(crate) struct Writing {
    pub(crate) rooms: Rooms,
    pub(crate) room: Arc<Room>,
    pub(crate) current: Current,
    pub(crate) batch: Batch,
    written: Vec<Arc<Stored>>,
    _turn: Option<tokio::sync::OwnedMutexGuard<()>>,
}

impl Rooms {
    /// Takes the room's writer's place.
    pub(crate) async fn write(&self, room: Arc<Room>) -> Result<Writing, RoomError> {
        let turn = Arc::clone(&room.writer).lock_owned().await;
        let current = Current::clone(&room.current());
        let mut batch = Batch::new();
        // Another node may have written meanwhile: then the store refuses, and we decide again.
        HEADS.check_equals(&mut batch, &room.no, &current.head)?;
        let written = Vec::new();
        Ok(Writing { rooms: self.clone(), room, current, batch, written, _turn: Some(turn) })
    }

    /// A room that does not exist yet: nobody else can be writing it.
    pub(crate) fn write_new(&self, room: Arc<Room>) -> Writing {
        let current = Current::clone(&room.current());
        let (batch, written) = (Batch::new(), Vec::new());
        Writing { rooms: self.clone(), room, current, batch, written, _turn: None }
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
        let pdu = self.build(sender, draft)?;
        self.add(pdu, transaction).await
    }

    /// Promise P1: an encrypted room accepts no readable message.
    fn refuse_plaintext(&self, draft: &Draft) -> Result<(), RoomError> {
        let required = self.rooms.0.settings.encryption == EncryptionPolicy::Required;
        let message = draft.state_key.is_none()
            && rules::sealing::must_refuse_plaintext(&draft.kind, &draft.content);
        if required && message && self.current.is_encrypted() {
            return Err(RoomError::PlaintextRefused { kind: draft.kind.clone() });
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
            timestamp: inner.clock.now(),
        };
        let key = rules::build::Signer { server: &inner.settings.server_name, key: &inner.signing };
        let pdu = rules::build::build(rules, draft, &place, key)?;
        let state = |kind: &str, state_key: &str| {
            self.current.get(kind, state_key).map(|event| event.pdu.clone())
        };
        let by_id = |id: &EventId| {
            auth.iter().find(|event| event.id() == id).map(|event| event.pdu.clone())
        };
        rules::auth::authorise(rules, &pdu, state, by_id)?;
        Ok(pdu)
    }

    /// The events that allow this one: those of the current state that its rules name.
    fn auth_events(&self, sender: &UserId, draft: &Draft) -> Result<Vec<Arc<Stored>>, RoomError> {
        let keys = rules::build::auth_event_keys(&self.room.rules, sender, draft)?;
        Ok(keys.into_iter().filter_map(|key| self.current.state.get(&key).cloned()).collect())
    }

    /// Adds a built event to the batch and to the state.
    pub(crate) async fn add(
        &mut self,
        pdu: Pdu,
        transaction: Option<Transaction>,
    ) -> Result<Arc<Stored>, RoomError> {
        let key = pdu.state_key().map(|key| (pdu.kind().to_owned(), key.to_owned()));
        let replaces = key.as_ref().and_then(|key| self.current.state.get(key)).map(|old| old.no);
        let event = Arc::new(Stored {
            no: self.rooms.0.numbers.event(),
            room: self.room.no,
            ord: TimelineOrd::live(self.current.head.live + 1),
            redacted_by: None,
            replaces,
            transaction,
            state_before: self.current.root(),
            client: OnceLock::new(),
            pdu,
        });
        self.put_event(&event).await?;
        self.move_head(&event);
        let member = match key {
            Some(key) => self.put_state(key, &event).await?,
            None => None,
        };
        let change = Change::Event { room: self.room.no, event: event.no, ord: event.ord, member };
        journal::record(&mut self.batch, &change)?;
        self.written.push(Arc::clone(&event));
        Ok(event)
    }

    async fn put_event(&mut self, event: &Arc<Stored>) -> Result<(), RoomError> {
        let json = event.pdu.json().map_err(|error| damaged(&error))?;
        let parts = rules::redaction::split(&self.room.rules, json);
        let parts = parts.map_err(|error| damaged(&error))?;
        let key = self.rooms.key_of(event.sender()).await?;
        let place = store::Key::to_bytes(&event.no);
        let place = vault::Place { table: BODIES.name(), key: &place };
        let body = key.seal(place, json_text(&parts.body).as_bytes())?;
        let batch = &mut self.batch;
        EVENTS.check_absent(batch, &event.no);
        EVENTS.put(batch, &event.no, &event.row(&parts.skeleton))?;
        BODIES.put(batch, &event.no, &body)?;
        EVENT_IDS.put(batch, &event.id().to_string(), &event.no)?;
        TIMELINE.put(batch, &(event.room, event.ord), &event.no)?;
        Ok(())
    }

    fn move_head(&mut self, event: &Stored) {
        let head = &mut self.current.head;
        let named: Vec<_> = event.pdu.prev_event_ids().map(ToString::to_string).collect();
        head.extremities.retain(|(id, _)| !named.contains(id));
        head.extremities.push((event.id().to_string(), event.pdu.depth()));
        head.live += 1;
    }

    /// Puts a state event in the tree, the flat state and its person's rooms.
    async fn put_state(
        &mut self,
        key: StateKey,
        event: &Arc<Stored>,
    ) -> Result<Option<OwnedUserId>, RoomError> {
        let inserted = self.rooms.insert_state(self.current.root(), &key, event.no).await?;
        let (root, nodes) = inserted;
        for (no, node) in nodes {
            STATE_NODES.put(&mut self.batch, &no.0, &node)?;
        }
        self.current.head.root = Some(root);
        let row = (self.room.no, key.0.clone(), key.1.clone());
        STATE.put(&mut self.batch, &row, &event.no)?;
        let member = self.put_membership(&key, event)?;
        self.current.set(key, Arc::clone(event));
        Ok(member)
    }

    fn put_membership(
        &mut self,
        (kind, state_key): &StateKey,
        event: &Stored,
    ) -> Result<Option<OwnedUserId>, RoomError> {
        let value = event.pdu.membership().and_then(|value| Membership::parse(&value));
        let (Some(membership), Ok(user)) = (value, UserId::parse(state_key)) else {
            return Ok(None);
        };
        if kind != "m.room.member" || user.server_name() != self.rooms.0.settings.server_name {
            return Ok(None);
        }
        let row = MembershipRow { membership, event: event.no, ord: event.ord, forgotten: false };
        MEMBERSHIPS.put(&mut self.batch, &(state_key.clone(), self.room.no), &row)?;
        Ok(Some(user))
    }

    /// Makes everything drafted durable, then visible. Once begun it ends, even when whoever asked
    /// is gone: what is on disk and what is in memory stay the same.
    pub(crate) async fn commit(self) -> Result<Vec<Arc<Stored>>, RoomError> {
        let task = tokio::spawn(self.finish());
        task.await.map_err(|error| damaged(&error))?
    }

    async fn finish(mut self) -> Result<Vec<Arc<Stored>>, RoomError> {
        let head: &HeadRow = &self.current.head;
        HEADS.put(&mut self.batch, &self.room.no, head)?;
        let inner = &self.rooms.0;
        if let Err(error) = inner.store.commit(std::mem::take(&mut self.batch)).await {
            if matches!(error, CommitError::Conflict { .. }) {
                self.room.advance(self.rooms.load_current(self.room.no).await?);
            }
            return Err(error.into());
        }
        for event in &self.written {
            inner.events.insert(event.no, Arc::clone(event));
        }
        self.room.advance(self.current);
        Ok(self.written)
    }
}
