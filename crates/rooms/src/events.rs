//! Events read from the store, and held in memory until something takes their bodies away.
//!
//! An event never changes, but that its body may go: by redaction, or with its author's key. Any
//! node may do either, and the log tells the others; from then on nothing here holds the body, and
//! a reader who was under way with it does not bring it back.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use base::number::{EventNo, RoomNo};
use rules::event::body_owner;
use ruma_common::{EventId, UserId};
use vault::Owner;

use crate::error::RoomError;
use crate::event::{Stored, damaged, json_object, key_of_id};
use crate::load::{Rooms, weight};
use crate::tables::{BODIES, EVENT_IDS, EVENTS, EventRow};

/// Bytes of events held in memory at most, about.
const EVENTS_HELD: u64 = 64 << 20;

/// The events held in memory.
pub(crate) struct Events {
    held: moka::sync::Cache<EventNo, Arc<Stored>>,
    /// How often bodies went. Whoever read an event before the last time must not keep it.
    withdrawals: AtomicU64,
}

impl Events {
    pub(crate) fn new() -> Self {
        let held = moka::sync::Cache::builder()
            .weigher(|_, event: &Arc<Stored>| weight(event.size()))
            .max_capacity(EVENTS_HELD)
            .build();
        Self { held, withdrawals: AtomicU64::new(0) }
    }

    pub(crate) fn get(&self, no: EventNo) -> Option<Arc<Stored>> {
        self.held.get(&no)
    }

    /// Holds events that nobody else knows yet. Their numbers are this node's alone: should they
    /// never be written, nobody asks for them.
    pub(crate) fn put_new(&self, events: &[Arc<Stored>]) {
        for event in events {
            self.held.insert(event.no, Arc::clone(event));
        }
    }

    /// Holds events as they are without their bodies.
    pub(crate) fn withdraw(&self, events: &[Arc<Stored>]) {
        if events.is_empty() {
            return;
        }
        // Counted first: who read the body before, and keeps it after this, finds it counted.
        self.withdrawals.fetch_add(1, Ordering::SeqCst);
        for event in events {
            self.held.insert(event.no, Arc::clone(event));
        }
    }

    /// Lets go of everything that a person wrote.
    fn forget(&self, user: &UserId) {
        self.withdrawals.fetch_add(1, Ordering::SeqCst);
        let theirs = self.held.iter().filter(|(_, event)| event.is_of(user));
        let numbers: Vec<_> = theirs.map(|(no, _)| *no).collect();
        for no in numbers {
            self.held.invalidate(&no);
        }
    }

    /// Holds what was read from the store, unless a body went since `seen`.
    fn keep(&self, read: &[Arc<Stored>], seen: u64) {
        for event in read {
            self.held.entry(event.no).or_insert_with(|| Arc::clone(event));
        }
        if self.withdrawals.load(Ordering::SeqCst) != seen {
            for event in read {
                self.held.invalidate(&event.no);
            }
        }
    }
}

impl Rooms {
    /// The event of an id, if it is in the room.
    pub async fn event_in(
        &self,
        room: RoomNo,
        event_id: &EventId,
    ) -> Result<Option<Arc<Stored>>, RoomError> {
        match self.number_in(room, event_id).await? {
            Some(no) => Ok(self.events(&[no]).await?.pop()),
            None => Ok(None),
        }
    }

    pub(crate) async fn number_in(
        &self,
        room: RoomNo,
        event_id: &EventId,
    ) -> Result<Option<EventNo>, RoomError> {
        Ok(EVENT_IDS.get(&self.0.store, &(room, key_of_id(event_id))).await?)
    }

    /// Events by number, in the order asked.
    pub async fn events(&self, numbers: &[EventNo]) -> Result<Vec<Arc<Stored>>, RoomError> {
        let mut found: HashMap<EventNo, Arc<Stored>> = HashMap::with_capacity(numbers.len());
        let mut missing = Vec::new();
        for no in numbers {
            match self.0.events.get(*no) {
                Some(event) => drop(found.insert(*no, event)),
                None => missing.push(*no),
            }
        }
        if !missing.is_empty() {
            let seen = self.0.events.withdrawals.load(Ordering::SeqCst);
            let read = self.read_events(&missing).await?;
            self.0.events.keep(&read, seen);
            found.extend(read.into_iter().map(|event| (event.no, event)));
        }
        Ok(numbers.iter().filter_map(|no| found.get(no).cloned()).collect())
    }

    /// Events as the store has them now, whatever is held; nothing of them is held afterwards.
    pub async fn read_events(&self, numbers: &[EventNo]) -> Result<Vec<Arc<Stored>>, RoomError> {
        let store = &self.0.store;
        let (rows, bodies) =
            tokio::try_join!(EVENTS.get_many(store, numbers), BODIES.get_many(store, numbers),)?;
        let mut events = Vec::with_capacity(numbers.len());
        for ((no, row), body) in numbers.iter().zip(rows).zip(bodies) {
            let row = row.ok_or_else(|| damaged(&format!("event {no} is missing")))?;
            events.push(Arc::new(self.unseal(*no, row, body).await?));
        }
        Ok(events)
    }

    /// Opens an event's body; without the key the skeleton is all there is.
    async fn unseal(
        &self,
        no: EventNo,
        row: EventRow,
        body: Option<Vec<u8>>,
    ) -> Result<Stored, RoomError> {
        let skeleton = json_object(row.skeleton.as_bytes())?;
        // Row and body are read apart: a redaction may have come between.
        let body = body.filter(|_| row.redacted_by.is_none());
        let Some(sealed) = body else { return Stored::read(no, row, skeleton) };
        let owner = body_owner(&skeleton).map_err(|error| damaged(&error))?;
        match self.0.vault.existing_key(&Owner::Person(owner)).await? {
            Some(key) => {
                let place = store::Key::to_bytes(&no);
                let place = vault::Place { table: BODIES.name(), key: &place };
                let body = json_object(&key.open(place, &sealed)?)?;
                Stored::read(no, row, rules::redaction::join(skeleton, body))
            }
            None => Stored::read(no, row, skeleton),
        }
    }

    /// Follows redactions: reads anew what lost its body, and puts it where the old is held.
    pub(crate) async fn take_withdrawn(&self, numbers: &[EventNo]) -> Result<(), RoomError> {
        let known =
            |no: &&EventNo| self.0.events.get(**no).is_none_or(|event| event.redacted_by.is_none());
        let numbers: Vec<_> = numbers.iter().filter(known).copied().collect();
        if !numbers.is_empty() {
            self.withdraw(&self.read_events(&numbers).await?);
        }
        Ok(())
    }

    /// Puts events without their bodies where they are held with them.
    pub(crate) fn withdraw(&self, events: &[Arc<Stored>]) {
        self.0.events.withdraw(events);
        for event in events.iter().filter(|event| event.pdu.state_key().is_some()) {
            if let Some(room) = self.0.live.get(event.room) {
                room.withdraw(std::slice::from_ref(event));
            }
        }
    }

    /// Lets go of what is in memory of what a person wrote, once their key was destroyed: the
    /// store cannot open it any more, and nobody is to be shown it from here either.
    pub async fn forget_bodies_of(&self, user: &UserId) -> Result<(), RoomError> {
        // Another node may have destroyed the key.
        self.0.vault.catch_up().await?;
        self.0.events.forget(user);
        for room in self.0.live.all() {
            // Who loads the room has perhaps read what went.
            room.note_withdrawal();
            let current = room.current();
            let theirs = current.state.values().filter(|event| event.is_of(user));
            let numbers: Vec<_> = theirs.map(|event| event.no).collect();
            if !numbers.is_empty() {
                room.withdraw(&self.read_events(&numbers).await?);
            }
        }
        Ok(())
    }
}
