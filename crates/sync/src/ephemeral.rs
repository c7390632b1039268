//! Receipts, and who types: told to those in the room, kept in no timeline.

use std::collections::{BTreeMap, BTreeSet};

use rooms::{Receipt, ReceiptKind, Room};
use ruma_common::{EventId, OwnedUserId, UserId};
use serde::Serialize;
use serde_json::json;

use crate::SyncError;
use crate::cell::{InRoom, Whose};
use crate::make::Maker;

/// How much of a room's receipts is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// All.
    Whole,
    /// What moved.
    Moved,
}

impl Maker<'_> {
    /// Who types in a room, and its receipts.
    pub(crate) async fn ephemeral(
        &self,
        room: &Room,
        moved: InRoom,
        extent: Extent,
    ) -> Result<Vec<String>, SyncError> {
        let filter = &self.wishes.filter.room.ephemeral;
        let mut events = Vec::new();
        if !filter.admits_room(&room.id) {
            return Ok(events);
        }
        let whole = extent == Extent::Whole;
        if (whole || moved.typing) && filter.admits_kind("m.typing") {
            events.extend(self.typing(room, extent));
        }
        if (whole || moved.receipts > Whose::Nobody) && filter.admits_kind("m.receipt") {
            let receipts = match extent {
                Extent::Whole => self.sources.rooms.receipts(room.no).await?,
                Extent::Moved => self.moved_receipts(room, moved).await?,
            };
            let told = receipts.iter().filter(|receipt| self.is_told(receipt));
            events.extend(receipt_events(told));
        }
        Ok(events)
    }

    fn typing(&self, room: &Room, extent: Extent) -> Option<String> {
        let (mut typists, _) = self.sources.rooms.typing(room.no);
        typists.retain(|typist| !self.ignored.contains(typist));
        if typists.is_empty() && extent == Extent::Whole {
            return None;
        }
        Some(json!({ "type": "m.typing", "content": { "user_ids": typists } }).to_string())
    }

    async fn moved_receipts(&self, room: &Room, moved: InRoom) -> Result<Vec<Receipt>, SyncError> {
        let people = journal::receipts(&self.sources.store, room.no, self.span()).await?;
        let mut people: BTreeSet<OwnedUserId> = people.into_iter().collect();
        if moved.receipts == Whose::Own {
            people.insert(self.seat.user.clone());
        }
        let mut receipts = Vec::with_capacity(people.len());
        for person in people {
            receipts.extend(self.sources.rooms.receipts_of(room.no, &person).await?);
        }
        Ok(receipts)
    }

    /// A private receipt is told to nobody but who made it.
    fn is_told(&self, receipt: &Receipt) -> bool {
        let own = receipt.user == self.seat.user;
        own || (receipt.kind == ReceiptKind::Read && !self.ignored.contains(&receipt.user))
    }
}

#[derive(Serialize)]
struct Datum<'a> {
    ts: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    thread_id: Option<&'a str>,
}

type Content<'a> = BTreeMap<&'a EventId, BTreeMap<&'a str, BTreeMap<&'a UserId, Datum<'a>>>>;

/// One event for each thread: within one, a person has one receipt of a kind at an event.
fn receipt_events<'a>(receipts: impl Iterator<Item = &'a Receipt>) -> Vec<String> {
    let mut threads = BTreeMap::<Option<&str>, Content<'_>>::new();
    for receipt in receipts {
        let thread = receipt.thread.as_deref();
        let datum = Datum { ts: receipt.at.0, thread_id: thread };
        let event = threads.entry(thread).or_default().entry(&receipt.event_id).or_default();
        event.entry(receipt.kind.as_str()).or_default().insert(&receipt.user, datum);
    }
    let event = |content| json!({ "type": "m.receipt", "content": content }).to_string();
    threads.values().map(event).collect()
}
