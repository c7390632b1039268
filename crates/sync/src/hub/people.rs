//! The connected people, and the marking of a change in the cells of those whom it concerns.

use std::collections::HashMap;
use std::sync::Arc;

use base::change::Change;
use base::number::{EventNo, LogPosition, RoomNo};
use rooms::Membership;
use ruma_common::{OwnedUserId, UserId};

use crate::cell::{Cell, Mark};
use crate::sliding::roster::Stands;

/// The connected people.
#[derive(Default)]
pub(super) struct People {
    pub(super) cells: HashMap<OwnedUserId, Arc<Cell>>,
    /// Who of them is in a room.
    pub(super) watchers: HashMap<RoomNo, Cells>,
    /// How many cells were made: each has a number.
    made: u64,
}

/// Cells, by number.
pub(super) type Cells = HashMap<u64, Arc<Cell>>;

/// What must be read to know whom a stretch of the log concerns.
#[derive(Default)]
pub(super) struct Facts {
    /// What membership events set.
    pub(super) standings: HashMap<EventNo, (Membership, Stands)>,
    /// Rooms of people whose devices changed.
    pub(super) rooms: HashMap<OwnedUserId, Vec<RoomNo>>,
}

/// The cells that a stretch of the log concerns, each once.
#[derive(Default)]
pub(super) struct Touched(pub(super) Cells);

impl People {
    /// A person's cell; a new one marks everything after `position`.
    pub(super) fn cell(&mut self, user: &UserId, position: LogPosition) -> Arc<Cell> {
        if let Some(cell) = self.cells.get(user) {
            return Arc::clone(cell);
        }
        self.made += 1;
        let cell = Arc::new(Cell::new(self.made, user.to_owned(), position));
        self.cells.insert(user.to_owned(), Arc::clone(&cell));
        cell
    }

    /// Marks one change in the cells of everybody whom it concerns.
    pub(super) fn note(
        &mut self,
        change: &Change,
        at: LogPosition,
        facts: &Facts,
        touched: &mut Touched,
    ) {
        match change {
            Change::Event { room, event, member, .. } => {
                self.mark_room(*room, Mark::Event(*room), at, touched);
                let standing = facts.standings.get(event);
                if let (Some(member), Some(standing)) = (member, standing) {
                    self.note_standing(member, (*room, standing), at, touched);
                }
            }
            Change::Receipt { room, user, private } => {
                if !private {
                    self.mark_room(*room, Mark::Receipt(*room), at, touched);
                }
                self.mark(user, Mark::OwnReceipt(*room), at, touched);
            }
            Change::AccountData { user, room: None, .. } => {
                self.mark(user, Mark::AccountData, at, touched);
            }
            Change::AccountData { user, room: Some(_), .. } => {
                self.mark(user, Mark::RoomAccountData, at, touched);
            }
            Change::ToDevice { user, device } => self.mark(user, Mark::Inbox(device), at, touched),
            Change::OneTimeKeys { user, device } => {
                self.mark(user, Mark::Keys(device), at, touched);
            }
            Change::DeviceList { user } => {
                self.mark(user, Mark::DeviceList(user), at, touched);
                self.note_device_list(user, facts, at, touched);
            }
            Change::Signed { user, of } => self.mark(user, Mark::DeviceList(of), at, touched),
            Change::Session { user, device } => {
                self.mark(user, Mark::Session(device), at, touched);
            }
            Change::Account { user } => self.mark(user, Mark::Account, at, touched),
            // A forgotten room was left before: that is no news.
            Change::Forgotten { user, room } => {
                if let Some(cell) = self.cells.get(user) {
                    cell.mark(Mark::Forgotten(*room), at);
                }
            }
            // Everybody had to go before.
            Change::Purged { room } => {
                for cell in self.cells.values() {
                    cell.mark(Mark::Forgotten(*room), at);
                }
            }
            // A new name comes as an event in every room.
            Change::Profile { .. }
            | Change::Pushers { .. }
            | Change::Redacted { .. }
            | Change::Erased { .. } => {}
        }
    }

    fn note_standing(
        &mut self,
        member: &OwnedUserId,
        (room, (standing, stands)): (RoomNo, &(Membership, Stands)),
        at: LogPosition,
        touched: &mut Touched,
    ) {
        let Some(cell) = self.cells.get(member).cloned() else { return };
        cell.mark(Mark::Standing(room, *standing, stands), at);
        if *standing == Membership::Join {
            self.watch(room, &cell);
        } else {
            self.unwatch(room, &cell);
        }
        touched.add(&cell);
    }

    /// Whoever shares a room with a person learns that their devices changed.
    fn note_device_list(
        &self,
        user: &OwnedUserId,
        facts: &Facts,
        at: LogPosition,
        touched: &mut Touched,
    ) {
        let mut sharers = Touched::default();
        for room in facts.rooms.get(user).into_iter().flatten() {
            for cell in self.watchers.get(room).into_iter().flat_map(HashMap::values) {
                if cell.user != *user {
                    sharers.add(cell);
                }
            }
        }
        for cell in sharers.0.values() {
            cell.mark(Mark::DeviceList(user), at);
            touched.add(cell);
        }
    }

    fn mark(&self, user: &OwnedUserId, mark: Mark<'_>, at: LogPosition, touched: &mut Touched) {
        if let Some(cell) = self.cells.get(user) {
            cell.mark(mark, at);
            touched.add(cell);
        }
    }

    fn mark_room(&self, room: RoomNo, mark: Mark<'_>, at: LogPosition, touched: &mut Touched) {
        for cell in self.watchers.get(&room).into_iter().flat_map(HashMap::values) {
            cell.mark(mark, at);
            touched.add(cell);
        }
    }

    pub(super) fn watch(&mut self, room: RoomNo, cell: &Arc<Cell>) {
        self.watchers.entry(room).or_default().insert(cell.no, Arc::clone(cell));
    }

    pub(super) fn unwatch(&mut self, room: RoomNo, cell: &Arc<Cell>) {
        if let Some(watchers) = self.watchers.get_mut(&room) {
            watchers.remove(&cell.no);
            if watchers.is_empty() {
                self.watchers.remove(&room);
            }
        }
    }
}

impl Touched {
    pub(super) fn add(&mut self, cell: &Arc<Cell>) {
        self.0.entry(cell.no).or_insert_with(|| Arc::clone(cell));
    }

    pub(super) fn tell(&self) {
        for cell in self.0.values() {
            cell.tell();
        }
    }
}
