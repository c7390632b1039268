//! What moved for a person, read from the journal: for a token older than their cell.

use std::collections::BTreeSet;

use base::change::Change;
use rooms::Membership;

use crate::cell::{Moved, Whose};
use crate::make::Maker;
use crate::{SyncError, Token};

impl Maker<'_> {
    /// What moved since a token, by the indexes of the person, of their rooms, and of device lists.
    pub(crate) async fn moved_in_journal(&self, since: Token) -> Result<Moved, SyncError> {
        let (store, rooms, span) = (&self.sources.store, &self.sources.rooms, self.span());
        let mut moved = Moved::default();
        for (_, change) in journal::of_person(store, self.user(), span).await? {
            match change {
                Change::Event { room, .. } => moved.rooms.entry(room).or_default().events = true,
                Change::Receipt { room, .. } => {
                    moved.rooms.entry(room).or_default().receipts = Whose::Own;
                }
                Change::AccountData { .. } => moved.account_data = true,
                Change::Signed { of, .. } => moved.device_lists.push(of),
                _ => {}
            }
        }
        let mut joined = Vec::new();
        for no in self.seat.joined() {
            joined.push(rooms.room_by_number(no).await?);
            let mut in_room = moved.rooms.get(&no).copied().unwrap_or_default();
            in_room.events |= !journal::newest_events(store, no, span, 1).await?.is_empty();
            if !journal::receipts(store, no, span).await?.is_empty() {
                in_room.receipts = in_room.receipts.max(Whose::Others);
            }
            in_room.typing = rooms.typing(no).1 > since.typing.version;
            if in_room.any() {
                moved.rooms.insert(no, in_room);
            }
        }
        // An old token reaches back to many changes of few people: each is looked for once.
        let changed = journal::device_lists(store, span).await?.into_iter().map(|(_, user)| user);
        for user in changed.collect::<BTreeSet<_>>() {
            let shared =
                || joined.iter().any(|r| r.current().membership(&user) == Membership::Join);
            if user == self.seat.user || shared() {
                moved.device_lists.push(user);
            }
        }
        Ok(moved)
    }
}
