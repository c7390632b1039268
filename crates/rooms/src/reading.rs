//! Up to where a person has read: by their receipts, and by what they said themselves.
//!
//! Who says something has read what was said there before; which thread that was is written with
//! the event, because an event that is redacted later no longer says it.
//!
//! `spec/content/client-server-api/modules/push.md`, "Marking notifications as read".

use std::sync::Arc;

use base::number::{RoomNo, TimelineOrd};
use ruma_common::{OwnedEventId, UserId};
use serde::Deserialize;
use store::{Direction, Prefix};

use crate::append::Writing;
use crate::error::RoomError;
use crate::event::Stored;
use crate::load::Rooms;
use crate::room::Room;
use crate::tables::{SPOKEN, TIMELINE};

/// Relations followed at most from an event to the root of its thread.
const HOPS: usize = 3;

/// A place up to which a person has read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadUpTo {
    /// In which thread: its root, or [`ReadUpTo::MAIN`]; `None` is the whole room.
    pub thread: Option<String>,
    /// The place.
    pub ord: TimelineOrd,
}

impl ReadUpTo {
    /// The thread of what is in no thread, as receipts name it.
    pub const MAIN: &'static str = "main";

    /// Whether an event at a place, in a thread or in none, is read by this.
    pub fn covers(&self, thread: Option<&str>, ord: TimelineOrd) -> bool {
        let thread = thread.unwrap_or(Self::MAIN);
        ord <= self.ord && self.thread.as_deref().is_none_or(|read| read == thread)
    }
}

#[derive(Deserialize)]
struct Content {
    #[serde(rename = "m.relates_to")]
    relation: Relation,
}

#[derive(Deserialize)]
struct Relation {
    rel_type: String,
    event_id: OwnedEventId,
}

fn relation(event: &Stored) -> Option<Relation> {
    // Most events relate to none: their content need not be parsed to know it.
    if !event.pdu.content().get().contains("m.relates_to") {
        return None;
    }
    event.pdu.content_as::<Content>().ok().map(|content| content.relation)
}

impl Rooms {
    /// Up to where a person has read in a room, by threads; a thread may be named more than once.
    pub async fn read_up_to(
        &self,
        room: RoomNo,
        user: &UserId,
    ) -> Result<Vec<ReadUpTo>, RoomError> {
        let receipts = self.receipts_of(room, user).await?;
        let said = |receipt: crate::Receipt| ReadUpTo { thread: receipt.thread, ord: receipt.ord };
        let mut read: Vec<_> = receipts.into_iter().map(said).collect();
        let part = Prefix::of(&(room, user.to_string()));
        for ((_, _, thread), ord) in SPOKEN.all(&self.0.store, &part).await? {
            let thread = if thread.is_empty() { ReadUpTo::MAIN.to_owned() } else { thread };
            read.push(ReadUpTo { thread: Some(thread), ord });
        }
        Ok(read)
    }

    /// The root of an event's thread, if it is in one ("Threaded read receipts": by at most three
    /// relations).
    pub async fn thread_of(&self, event: &Stored) -> Result<Option<OwnedEventId>, RoomError> {
        let Some(mut says) = relation(event) else { return Ok(None) };
        for _ in 1..HOPS {
            if says.rel_type == "m.thread" {
                return Ok(Some(says.event_id));
            }
            let parent = self.event_in(event.room, &says.event_id).await?;
            let Some(next) = parent.as_deref().and_then(relation) else { return Ok(None) };
            says = next;
        }
        Ok((says.rel_type == "m.thread").then_some(says.event_id))
    }

    /// The event that an event of a room redacts, if it does.
    pub fn redacts(&self, room: &Room, event: &Stored) -> Option<OwnedEventId> {
        rules::format::redacts(&event.pdu, &room.rules)
    }

    /// The oldest events of a room after a place, oldest first, `limit` at most.
    pub async fn oldest(
        &self,
        room: &Room,
        after: TimelineOrd,
        upto: TimelineOrd,
        limit: usize,
    ) -> Result<Vec<Arc<Stored>>, RoomError> {
        let next = |ord: TimelineOrd| (room.no, TimelineOrd(ord.0.saturating_add(1)));
        let part = Prefix::of(&room.no).from(&next(after)).before(&next(upto));
        let rows = TIMELINE.scan(&self.0.store, &part, Direction::Forward, limit).await?;
        let numbers: Vec<_> = rows.iter().map(|(_, no)| *no).collect();
        self.events(&numbers).await
    }
}

impl Writing {
    /// Writes where the sender of an event has spoken. Coming and going is no speech, and in a
    /// room that is being made there is nothing to read.
    pub(crate) async fn mark_spoken(&mut self, event: &Stored) -> Result<(), RoomError> {
        let sender = event.sender();
        let own = event.kind() == "m.room.member" && event.pdu.state_key() == Some(sender.as_str());
        if own || self.base.is_nothing() {
            return Ok(());
        }
        let thread = self.rooms.thread_of(event).await?;
        let thread = thread.map(|root| root.to_string()).unwrap_or_default();
        let key = (event.room, sender.to_string(), thread);
        Ok(SPOKEN.put(&mut self.batch, &key, &event.ord)?)
    }
}
