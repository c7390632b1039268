//! How far people have read.

use base::change::Change;
use base::number::RoomNo;
use ruma_common::{EventId, OwnedEventId, OwnedUserId, RoomId, UserId};
use store::{Batch, Prefix};

use crate::commit::deciding;
use crate::error::RoomError;
use crate::event::Stored;
use crate::load::Rooms;
use crate::tables::{RECEIPTS, ReceiptKey, ReceiptRow};

/// The thread of what is in no thread (`thread_id`).
const MAIN: &str = "main";

/// Who learns of a receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReceiptKind {
    /// Everybody in the room (`m.read`).
    Read,
    /// The person's own devices (`m.read.private`).
    Private,
}

impl ReceiptKind {
    /// The type's name in the specification.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "m.read",
            Self::Private => "m.read.private",
        }
    }
}

/// A receipt.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// Who read.
    pub user: OwnedUserId,
    /// Who learns of it.
    pub kind: ReceiptKind,
    /// In which thread; `None` is the whole room.
    pub thread: Option<String>,
    /// Up to which event.
    pub event_id: OwnedEventId,
    /// Its place.
    pub ord: base::number::TimelineOrd,
    /// When.
    pub at: base::clock::Timestamp,
}

impl Rooms {
    /// Moves a receipt forward. One that would move it back changes nothing.
    pub async fn set_receipt(
        &self,
        user: &UserId,
        room_id: &RoomId,
        event_id: &EventId,
        (kind, thread): (ReceiptKind, Option<&str>),
    ) -> Result<(), RoomError> {
        let room = self.room_of(user, room_id).await?;
        let missing = || RoomError::NotFound(format!("event {event_id} is not in the room"));
        let event = self.event_in(room.no, event_id).await?.ok_or_else(missing)?;
        if let Some(root) = thread.filter(|thread| *thread != MAIN) {
            self.require_in_thread(&event, root).await?;
        }
        let thread = thread.unwrap_or_default().to_owned();
        let key = (room.no, user.to_string(), kind.as_str().to_owned(), thread);
        deciding(|| self.move_receipt(user, &key, &event)).await
    }

    async fn move_receipt(
        &self,
        user: &UserId,
        key: &ReceiptKey,
        event: &Stored,
    ) -> Result<(), RoomError> {
        let was = RECEIPTS.get(&self.0.store, key).await?;
        if was.as_ref().is_some_and(|was| was.ord >= event.ord) {
            return Ok(());
        }
        let at = self.0.clock.now();
        let row = ReceiptRow { event_id: event.id().to_string(), ord: event.ord, at };
        let mut batch = Batch::new();
        RECEIPTS.check(&mut batch, key, was.as_ref())?;
        RECEIPTS.put(&mut batch, key, &row)?;
        let private = key.2 == ReceiptKind::Private.as_str();
        let user = user.to_owned();
        journal::record(&mut batch, &Change::Receipt { room: event.room, user, private })?;
        self.0.store.commit(batch).await?;
        Ok(())
    }

    /// Receipts of a room.
    pub async fn receipts(&self, room: RoomNo) -> Result<Vec<Receipt>, RoomError> {
        self.receipts_in(&Prefix::of(&room)).await
    }

    /// Receipts of one person in a room.
    pub async fn receipts_of(
        &self,
        room: RoomNo,
        user: &UserId,
    ) -> Result<Vec<Receipt>, RoomError> {
        self.receipts_in(&Prefix::of(&(room, user.to_string()))).await
    }

    async fn receipts_in(&self, part: &Prefix) -> Result<Vec<Receipt>, RoomError> {
        let rows = RECEIPTS.all(&self.0.store, part).await?;
        let receipts = rows.into_iter().filter_map(|((_, user, kind, thread), row)| {
            let kind = if kind == "m.read" { ReceiptKind::Read } else { ReceiptKind::Private };
            Some(Receipt {
                user: UserId::parse(&user).ok()?,
                kind,
                thread: (!thread.is_empty()).then_some(thread),
                event_id: EventId::parse(&row.event_id).ok()?,
                ord: row.ord,
                at: row.at,
            })
        });
        Ok(receipts.collect())
    }
}
