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
            let typists = self.typists(room);
            if !(typists.is_empty() && whole) {
                events.push(typing_event(&typists));
            }
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

    /// Who types in a room, as the person is told.
    pub(crate) fn typists(&self, room: &Room) -> Vec<OwnedUserId> {
        let (mut typists, _) = self.sources.rooms.typing(room.no);
        typists.retain(|typist| !self.ignored.contains(typist));
        typists
    }

    /// Receipts that moved in a room, and perhaps some that did not.
    pub(crate) async fn moved_receipts(
        &self,
        room: &Room,
        moved: InRoom,
    ) -> Result<Vec<Receipt>, SyncError> {
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
    pub(crate) fn is_told(&self, receipt: &Receipt) -> bool {
        let own = receipt.user == self.seat.user;
        own || (receipt.kind == ReceiptKind::Read && !self.ignored.contains(&receipt.user))
    }
}

/// Who types, as an event.
pub(crate) fn typing_event(typists: &[OwnedUserId]) -> String {
    json!({ "type": "m.typing", "content": { "user_ids": typists } }).to_string()
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
        put(threads.entry(receipt.thread.as_deref()).or_default(), receipt);
    }
    threads.values().map(receipt_event_of).collect()
}

/// One event for all receipts, where there can be no more than one. Of two of a person at an event,
/// that of the whole room says more than that of a thread.
pub(crate) fn receipt_event<'a>(receipts: impl Iterator<Item = &'a Receipt>) -> Option<String> {
    let mut receipts: Vec<_> = receipts.collect();
    receipts.sort_by_key(|receipt| receipt.thread.is_none());
    let mut content = Content::new();
    for receipt in receipts {
        put(&mut content, receipt);
    }
    (!content.is_empty()).then(|| receipt_event_of(&content))
}

fn put<'a>(content: &mut Content<'a>, receipt: &'a Receipt) {
    let datum = Datum { ts: receipt.at.0, thread_id: receipt.thread.as_deref() };
    let event = content.entry(&receipt.event_id).or_default();
    event.entry(receipt.kind.as_str()).or_default().insert(&receipt.user, datum);
}

fn receipt_event_of(content: &Content<'_>) -> String {
    json!({ "type": "m.receipt", "content": content }).to_string()
}
