//! A stretch of the log, as what it does to the index.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use base::change::Change;
use base::number::{EventNo, LogPosition, RoomNo, TimelineOrd};
use rooms::{Rooms, Stored};
use ruma_common::OwnedEventId;
use store::LogEntry;

use crate::SearchError;
use crate::edits::{newest, read};
use crate::index::{Reading, Step};
use crate::said::{Edit, Said, edit, said};
use crate::schema::{Row, sender};

/// Rooms of which is known since when they are encrypted, at most.
const ROOMS: usize = 10_000;
/// How often encryption was set in a room, at most, as far as is looked back.
const SETTINGS: usize = 100;

/// Makes stretches of the log into steps.
pub(crate) struct Stretches {
    rooms: Rooms,
    reading: Reading,
    /// Since when rooms are encrypted, if they are.
    encrypted: HashMap<RoomNo, Option<TimelineOrd>>,
    /// Edits that are not committed, and what they change.
    edits: BTreeMap<EventNo, EventNo>,
}

/// What a stretch does.
#[derive(Debug, Default)]
pub(crate) struct Stretch {
    pub(crate) steps: Vec<Step>,
    /// The last event, if there is any.
    pub(crate) last: Option<(EventNo, OwnedEventId)>,
    /// Whether anything is found no more that was.
    pub(crate) removed: bool,
    /// Whether every word goes of somebody, or of a room.
    pub(crate) erased: bool,
}

impl Stretches {
    pub(crate) fn new(rooms: Rooms, reading: Reading) -> Self {
        Self { rooms, reading, encrypted: HashMap::new(), edits: BTreeMap::new() }
    }

    /// What was done is in the index that is read.
    pub(crate) fn committed(&mut self) {
        self.edits.clear();
    }

    /// Reads what a stretch tells of. Of a long log that is read through, nothing stays in memory.
    pub(crate) async fn read(
        &mut self,
        entries: &[LogEntry],
        bulk: bool,
    ) -> Result<Stretch, SearchError> {
        let mut changes = Vec::with_capacity(entries.len());
        for entry in entries {
            changes.push((entry.position, journal::decode(entry)?));
        }
        let numbers = changes.iter().filter_map(|(_, change)| match change {
            Change::Event { event, .. } => Some(*event),
            _ => None,
        });
        let events = self.events(&numbers.collect::<Vec<_>>(), bulk).await?;
        let mut stretch = Stretch::default();
        for (position, change) in changes {
            match change {
                Change::Event { event, .. } => {
                    if let Some(event) = events.get(&event) {
                        stretch.last = Some((event.no, event.id().to_owned()));
                        self.arrived(event, position, &mut stretch).await?;
                    }
                }
                Change::Redacted { event, .. } => {
                    self.redacted(event, position, &mut stretch).await?;
                }
                Change::Erased { user } => {
                    stretch.remove(self.reading.fields.of_sender(&user));
                    stretch.erased = true;
                }
                Change::Purged { room } => {
                    stretch.remove(self.reading.fields.of_room(room));
                    stretch.erased = true;
                }
                _ => {}
            }
        }
        Ok(stretch)
    }

    /// The events of these numbers.
    async fn events(
        &self,
        numbers: &[EventNo],
        bulk: bool,
    ) -> Result<HashMap<EventNo, Arc<Stored>>, SearchError> {
        let held = if bulk { None } else { self.rooms.events(numbers).await.ok() };
        let events = match held {
            Some(events) => events,
            None => read(&self.rooms, numbers).await?,
        };
        Ok(events.into_iter().map(|event| (event.no, event)).collect())
    }

    /// An event that came.
    async fn arrived(
        &mut self,
        event: &Arc<Stored>,
        position: LogPosition,
        stretch: &mut Stretch,
    ) -> Result<(), SearchError> {
        if event.kind() == "m.room.encryption" && event.pdu.state_key() == Some("") {
            let since = self.encrypted.entry(event.room).or_default();
            *since = Some(since.map_or(event.ord, |since| since.min(event.ord)));
            return Ok(());
        }
        if let Some(edit) = edit(event) {
            return self.edited(event, &edit, position, stretch).await;
        }
        if let Some(said) = said(event)
            && self.is_clear(event).await?
        {
            let document = self.reading.fields.said(&row(event, position), &said);
            // Taken in twice, it is found once.
            stretch.steps.push(Step::Remove(self.reading.fields.of_event(event.no)));
            stretch.steps.push(Step::Add(document));
        }
        Ok(())
    }

    /// A message that changes another: if it may, the other is found by what it says now.
    async fn edited(
        &mut self,
        event: &Arc<Stored>,
        edit: &Edit,
        position: LogPosition,
        stretch: &mut Stretch,
    ) -> Result<(), SearchError> {
        let Some(target) = self.rooms.event_in(event.room, &edit.target).await? else {
            return Ok(());
        };
        let may = target.sender() == event.sender() && said(&target).is_some();
        if !may || !self.is_clear(event).await? {
            return Ok(());
        }
        let fields = self.reading.fields;
        self.edits.insert(event.no, target.no);
        stretch.steps.push(Step::Remove(fields.of_event(event.no)));
        stretch.steps.push(Step::Add(fields.edit(&row(event, position), target.no)));
        self.renew(target.no, position, stretch).await
    }

    /// An event that lost its body. An edit that goes leaves what was said before it.
    async fn redacted(
        &mut self,
        event: EventNo,
        position: LogPosition,
        stretch: &mut Stretch,
    ) -> Result<(), SearchError> {
        let fields = self.reading.fields;
        let mut target = self.edits.remove(&event);
        if target.is_none() {
            let reading = self.reading.clone();
            target = tokio::task::spawn_blocking(move || reading.target_of(event)).await??;
        }
        stretch.remove(fields.of_event(event));
        if let Some(target) = target {
            return self.renew(target, position, stretch).await;
        }
        stretch.remove(fields.of_target(event));
        Ok(())
    }

    /// Has a message found by what it says now: what its newest edit says, or itself.
    async fn renew(
        &mut self,
        no: EventNo,
        position: LogPosition,
        stretch: &mut Stretch,
    ) -> Result<(), SearchError> {
        let fields = self.reading.fields;
        stretch.remove(fields.of_event(no));
        // As the store has them: what was taken away since is not to come back.
        let Some(event) = read(&self.rooms, &[no]).await?.pop() else { return Ok(()) };
        let Some(said) = said(&event) else { return Ok(()) };
        if !self.is_clear(&event).await? {
            return Ok(());
        }
        let waiting = self.edits.iter().filter(|(_, target)| **target == no);
        let waiting = waiting.map(|(edit, _)| *edit);
        let newest = newest(&self.rooms, &self.reading, no, waiting).await?;
        let said = Said { text: newest.unwrap_or(said.text), ..said };
        stretch.steps.push(Step::Add(fields.said(&row(&event, position), &said)));
        Ok(())
    }

    /// Whether a room was not encrypted yet when something was said in it.
    async fn is_clear(&mut self, event: &Stored) -> Result<bool, SearchError> {
        if !self.encrypted.contains_key(&event.room) {
            if self.encrypted.len() >= ROOMS {
                self.encrypted.clear();
            }
            match self.encrypted_since(event.room).await {
                Ok(since) => drop(self.encrypted.insert(event.room, since)),
                Err(error) if error.is_outage() || error.is_end() => return Err(error),
                // A room that goes away has nothing to find.
                Err(error) => {
                    tracing::debug!(%error, room = %event.room, "a room is not searched");
                    return Ok(false);
                }
            }
        }
        let since = self.encrypted.get(&event.room).copied().flatten();
        Ok(since.is_none_or(|since| event.ord < since))
    }

    /// Where in its timeline a room became encrypted. Nothing makes it clear again.
    async fn encrypted_since(&self, room: RoomNo) -> Result<Option<TimelineOrd>, SearchError> {
        let room = self.rooms.room_by_number(room).await?;
        let Some(mut event) = room.current().get("m.room.encryption", "").cloned() else {
            return Ok(None);
        };
        for _ in 0..SETTINGS {
            let Some(before) = event.replaces else { break };
            let Some(before) = self.rooms.events(&[before]).await?.pop() else { break };
            event = before;
        }
        Ok(Some(event.ord))
    }
}

impl Stretch {
    fn remove(&mut self, term: tantivy::Term) {
        self.steps.push(Step::Remove(term));
        self.removed = true;
    }
}

fn row(event: &Stored, position: LogPosition) -> Row {
    Row {
        event: event.no,
        room: event.room,
        sender: sender(event.sender()),
        at: event.pdu.origin_server_ts().0,
        position,
    }
}

impl std::fmt::Debug for Stretches {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stretches").finish_non_exhaustive()
    }
}
