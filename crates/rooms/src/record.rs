//! What one event writes: itself in two parts, its place, and what it changes of the state.

use std::sync::{Arc, OnceLock};

use base::change::Change;
use base::number::{EventNo, TimelineOrd};
use rules::event::Pdu;
use rules::tree::{NodeNo, Tree};
use ruma_common::{OwnedUserId, UserId};
use vault::{Owner, Place, SealingKey, VaultError};

use crate::append::Writing;
use crate::error::RoomError;
use crate::event::{Stored, Transaction, damaged, json_text, key_of_id};
use crate::room::StateKey;
use crate::tables::{
    BODIES, EVENT_IDS, EVENTS, MEMBERSHIPS, Membership, MembershipRow, STATE, STATE_NODES, TIMELINE,
};

impl Writing {
    /// Adds a built event to the batch and to the state.
    pub(crate) async fn add(
        &mut self,
        pdu: Pdu,
        transaction: Option<Transaction>,
    ) -> Result<Arc<Stored>, RoomError> {
        let key = pdu.state_key().map(|key| (pdu.kind().to_owned(), key.to_owned()));
        let no = self.rooms.0.numbers.event().await?;
        let state_before = self.current.root();
        let state_after = match &key {
            Some(key) => Some(self.grow_tree(key, no).await?),
            None => state_before,
        };
        let event = Arc::new(Stored {
            no,
            room: self.room.no,
            ord: TimelineOrd::live(self.current.head.live + 1),
            redacted_by: None,
            replaces: key.as_ref().and_then(|key| self.current.state.get(key)).map(|old| old.no),
            transaction,
            state_before,
            state_after,
            client: OnceLock::new(),
            pdu,
        });
        self.put_event(&event).await?;
        self.index_relation(&event).await?;
        let member = match &key {
            Some(key) => self.put_state(key, &event)?,
            None => None,
        };
        self.current.push(&event).map_err(|_| damaged(&"an event does not follow its head"))?;
        let change = Change::Event { room: self.room.no, event: event.no, ord: event.ord, member };
        journal::record(&mut self.batch, &change)?;
        self.added.push(Arc::clone(&event));
        Ok(event)
    }

    async fn put_event(&mut self, event: &Stored) -> Result<(), RoomError> {
        let json = event.pdu.json().map_err(|error| damaged(&error))?;
        let parts = rules::redaction::split(&self.room.rules, json);
        let parts = parts.map_err(|error| damaged(&error))?;
        let key = self.body_key(event).await?;
        let batch = &mut self.batch;
        if let Some(key) = key.filter(|_| !parts.body.is_empty()) {
            let place = store::Key::to_bytes(&event.no);
            let place = Place { table: BODIES.name(), key: &place };
            BODIES.put(batch, &event.no, &key.seal(place, json_text(&parts.body)?.as_bytes())?)?;
        }
        EVENTS.check_absent(batch, &event.no);
        EVENTS.put(batch, &event.no, &event.row(&parts.skeleton)?)?;
        EVENT_IDS.put(batch, &(event.room, key_of_id(event.id())), &event.no)?;
        TIMELINE.put(batch, &(event.room, event.ord), &event.no)?;
        Ok(())
    }

    /// The key that seals an event's body. Nothing is kept of what is said of somebody erased.
    async fn body_key(&self, event: &Stored) -> Result<Option<SealingKey>, RoomError> {
        let owner = event.pdu.body_owner();
        let own = *owner == *event.sender();
        match self.rooms.0.vault.key(&Owner::Person(owner)).await {
            Ok(key) => Ok(Some(key)),
            Err(VaultError::Destroyed(_)) if !own => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Puts a key's event in the tree of the state; its new root.
    async fn grow_tree(&mut self, key: &StateKey, event: EventNo) -> Result<NodeNo, RoomError> {
        let inner = Arc::clone(&self.rooms.0);
        loop {
            let nodes = |no| self.nodes.get(&no).cloned().or_else(|| inner.nodes.get(&no));
            let mut numbers = inner.numbers.nodes().await?;
            let number = &mut || numbers.next();
            match Tree::insert(self.current.root(), key, event, &nodes, number) {
                Ok((root, made)) => {
                    for (no, node) in made {
                        STATE_NODES.check_absent(&mut self.batch, &no.0);
                        STATE_NODES.put(&mut self.batch, &no.0, &node)?;
                        self.nodes.insert(no, node);
                    }
                    return Ok(root);
                }
                Err(missing) => self.rooms.fetch(missing).await?,
            }
        }
    }

    /// Puts a state event in the flat state and its person's rooms.
    fn put_state(
        &mut self,
        key: &StateKey,
        event: &Stored,
    ) -> Result<Option<OwnedUserId>, RoomError> {
        let row = (self.room.no, key.0.clone(), key.1.clone());
        STATE.put(&mut self.batch, &row, &event.no)?;
        self.put_membership(key, event)
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
}
