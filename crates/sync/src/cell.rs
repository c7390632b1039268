//! One connected person: what moved for them lately, marked by the hub, read by their syncs.
//!
//! A cell knows *that* something moved and where in the log, never what: that is read from the
//! store when it is told. Everything after [`Marks::reaches`] is marked, so a sync from there on
//! asks the cell alone and an idle one touches no store.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use base::clock::Timestamp;
use base::number::{LogPosition, RoomNo};
use parking_lot::Mutex;
use rooms::{Membership, TypingVersion};
use ruma_common::{DeviceId, OwnedDeviceId, OwnedUserId};
use tokio::sync::futures::Notified;
use tokio::sync::{Notify, OnceCell};
use tokio::time::{Instant, timeout_at};

use crate::Token;
use crate::memory::Memory;
use crate::presence::PresenceMarks;
use crate::sliding::roster::{Entry, Roster, Stands};

/// Changes of device lists that a cell keeps; whoever needs older ones reads the journal.
const DEVICE_LISTS: usize = 500;

/// One connected person.
pub(crate) struct Cell {
    /// Its number: no two cells have the same.
    pub(crate) no: u64,
    pub(crate) user: OwnedUserId,
    /// What syncs remember of the person between one and the next.
    pub(crate) memory: Memory,
    /// Whether the rooms of the person are known.
    pub(crate) settled: OnceCell<()>,
    /// Whether the person's rooms have places in lists.
    pub(crate) placed: OnceCell<()>,
    /// What changed of who is there.
    pub(crate) presence: PresenceMarks,
    marks: Mutex<Marks>,
    news: Notify,
    seats: AtomicUsize,
    dropped: AtomicBool,
}

/// Where things moved last.
struct Marks {
    /// The cell marks everything after this.
    reaches: LogPosition,
    /// The newest of all marks but those of devices.
    newest: LogPosition,
    newest_typing: TypingVersion,
    joined: HashSet<RoomNo>,
    /// Until the person's rooms are known: those whose membership the log told of meanwhile.
    moved: Option<HashMap<RoomNo, Membership>>,
    rooms: HashMap<RoomNo, RoomMark>,
    /// The person's rooms in the order of lists, once somebody asked for one.
    roster: Option<Roster>,
    /// While that is made: what the log told of it meanwhile.
    roster_moves: Option<Vec<(RoomNo, Option<Stands>, LogPosition)>>,
    account_data: LogPosition,
    /// When an administrator last decided about the account: all its sessions are looked at anew.
    account: Option<LogPosition>,
    device_lists: VecDeque<(LogPosition, OwnedUserId)>,
    /// All changes of device lists after this are kept.
    device_lists_reach: LogPosition,
    devices: HashMap<OwnedDeviceId, DeviceMark>,
    used: Timestamp,
}

#[derive(Clone, Copy, Default)]
struct RoomMark {
    events: Option<LogPosition>,
    receipts: Option<LogPosition>,
    own_receipts: Option<LogPosition>,
    typing: TypingVersion,
}

#[derive(Clone, Copy, Default)]
struct DeviceMark {
    inbox: Option<LogPosition>,
    keys: Option<LogPosition>,
    session: Option<LogPosition>,
}

/// What happened, as far as a cell is concerned.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Mark<'a> {
    /// An event in a room.
    Event(RoomNo),
    /// The person's own membership of a room.
    Standing(RoomNo, Membership, &'a Stands),
    /// The person does not want to see a room any more.
    Forgotten(RoomNo),
    /// Somebody's receipt in a room.
    Receipt(RoomNo),
    /// The person's own receipt in a room.
    OwnReceipt(RoomNo),
    /// Account data that belongs to no room.
    AccountData,
    /// Account data of a room.
    RoomAccountData,
    /// The devices of somebody.
    DeviceList(&'a OwnedUserId),
    /// A message to a device.
    Inbox(&'a OwnedDeviceId),
    /// The one-time keys of a device.
    Keys(&'a OwnedDeviceId),
    /// A session of the person began, ended or changed.
    Session(&'a OwnedDeviceId),
    /// The person's account stands otherwise.
    Account,
}

/// What moved for a person after a token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Moved {
    /// By room, what kind of thing.
    pub(crate) rooms: HashMap<RoomNo, InRoom>,
    /// Whether account data did, or anything else that the person's journal tells of.
    pub(crate) account_data: bool,
    /// Whose devices did; the same person may be named twice.
    pub(crate) device_lists: Vec<OwnedUserId>,
}

/// What kinds of things moved in a room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct InRoom {
    pub(crate) events: bool,
    pub(crate) typing: bool,
    pub(crate) receipts: Whose,
}

/// Whose receipts moved, at most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Whose {
    /// Nobody's.
    #[default]
    Nobody,
    /// Those of others.
    Others,
    /// The person's own too.
    Own,
}

impl InRoom {
    /// Everything may have.
    pub(crate) const fn all() -> Self {
        Self { events: true, typing: true, receipts: Whose::Own }
    }

    /// Whether anything did.
    pub(crate) fn any(self) -> bool {
        self != Self::default()
    }
}

/// A place in a cell, held while a sync runs: the cell is kept for as long.
pub(crate) struct Seat(Arc<Cell>);

impl Seat {
    /// Takes a place. Done under the hub's lock, so that the cell is not dropped meanwhile.
    pub(crate) fn take(cell: &Arc<Cell>, now: Timestamp) -> Self {
        cell.seats.fetch_add(1, Ordering::SeqCst);
        cell.marks.lock().used = now;
        Self(Arc::clone(cell))
    }
}

impl std::ops::Deref for Seat {
    type Target = Arc<Cell>;

    fn deref(&self) -> &Arc<Cell> {
        &self.0
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.seats.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Somebody who looks for news and may wait for it. There is no looking without watching, so nothing
/// that comes between the look and the wait is missed.
pub(crate) struct Watch<'a> {
    cell: &'a Cell,
    told: Notified<'a>,
}

impl Watch<'_> {
    /// Whether anything moved for a device after a token. Cheap: this is what an idle sync asks.
    pub(crate) fn has_news(&self, since: Token, device: &DeviceId) -> bool {
        self.cell.has_news(since, device)
    }

    /// Waits for news, or until the time has come.
    pub(crate) async fn wait(self, deadline: Instant) {
        // That there is no news in time is no failure.
        let _ = timeout_at(deadline, self.told).await;
    }
}

impl Cell {
    /// A cell that marks everything after `position`, and knows no rooms yet.
    pub(crate) fn new(no: u64, user: OwnedUserId, position: LogPosition) -> Self {
        let marks = Marks {
            reaches: position,
            newest: position,
            newest_typing: 0,
            joined: HashSet::new(),
            moved: Some(HashMap::new()),
            rooms: HashMap::new(),
            roster: None,
            roster_moves: None,
            account_data: position,
            account: None,
            device_lists: VecDeque::new(),
            device_lists_reach: position,
            devices: HashMap::new(),
            used: Timestamp(0),
        };
        Self {
            no,
            user,
            memory: Memory::default(),
            settled: OnceCell::new(),
            placed: OnceCell::new(),
            presence: PresenceMarks::default(),
            marks: Mutex::new(marks),
            news: Notify::new(),
            seats: AtomicUsize::new(0),
            dropped: AtomicBool::new(false),
        }
    }

    /// Takes the person's rooms, as the store listed them. What the log told of since the cell was
    /// made wins. From `position` on, everything is marked. Gives the rooms that the person is in.
    pub(crate) fn settle(
        &self,
        listed: impl IntoIterator<Item = (RoomNo, Membership)>,
        position: LogPosition,
    ) -> Vec<RoomNo> {
        let mut marks = self.marks.lock();
        let moved = marks.moved.take().unwrap_or_default();
        for (room, membership) in listed.into_iter().chain(moved) {
            marks.stand(room, membership);
        }
        marks.reaches = position;
        marks.device_lists_reach = position;
        marks.joined.iter().copied().collect()
    }

    /// Marks that something moved at a position.
    pub(crate) fn mark(&self, mark: Mark<'_>, at: LogPosition) {
        let mut marks = self.marks.lock();
        match mark {
            Mark::Event(room) => {
                marks.room(room).events = Some(at);
                if let Some(roster) = &mut marks.roster {
                    roster.bump(room, at);
                }
            }
            Mark::Forgotten(room) => return marks.place(room, None, at),
            Mark::Standing(room, membership, stands) => {
                marks.room(room).events = Some(at);
                marks.place(room, Some(stands), at);
                match &mut marks.moved {
                    Some(moved) => drop(moved.insert(room, membership)),
                    None => marks.stand(room, membership),
                }
            }
            Mark::Receipt(room) => marks.room(room).receipts = Some(at),
            Mark::OwnReceipt(room) => {
                let mark = marks.room(room);
                mark.receipts = Some(at);
                mark.own_receipts = Some(at);
            }
            Mark::AccountData => {
                marks.account_data = at;
                self.memory.forget_account_data();
            }
            Mark::RoomAccountData => {
                marks.account_data = at;
                self.memory.tags.forget();
            }
            Mark::DeviceList(user) => marks.device_list(user, at),
            Mark::Inbox(device) => return marks.device(device).inbox = Some(at),
            Mark::Keys(device) => return marks.device(device).keys = Some(at),
            Mark::Session(device) => {
                self.memory.forget_device(device);
                return marks.device(device).session = Some(at);
            }
            Mark::Account => return marks.account = Some(at),
        }
        marks.newest = marks.newest.max(at);
    }

    /// From now on, what the log tells of the person's rooms is kept until they have their places.
    pub(crate) fn await_roster(&self) {
        self.marks.lock().roster_moves = Some(Vec::new());
    }

    /// Takes the person's rooms in their places, as the store had them since [`Self::await_roster`].
    /// What the log told meanwhile wins.
    pub(crate) fn take_roster(
        &self,
        listed: impl IntoIterator<Item = (RoomNo, Stands, LogPosition)>,
    ) {
        let mut marks = self.marks.lock();
        let mut roster = Roster::default();
        for (room, stands, at) in listed {
            roster.stand(room, stands, at);
        }
        for (room, stands, at) in marks.roster_moves.take().unwrap_or_default() {
            match stands {
                Some(stands) => roster.stand(room, stands, at),
                None => roster.forget(room),
            }
        }
        for (room, mark) in &marks.rooms {
            mark.events.into_iter().for_each(|at| roster.bump(*room, at));
        }
        marks.roster = Some(roster);
    }

    /// Looks at the person's rooms in their order; `None` before they have one.
    pub(crate) fn with_roster<T>(&self, look: impl FnOnce(&mut Roster) -> T) -> Option<T> {
        self.marks.lock().roster.as_mut().map(look)
    }

    /// The place of a room in the order, and how the person stands to it.
    pub(crate) fn place_of(&self, room: RoomNo) -> Option<(LogPosition, Entry)> {
        let marks = self.marks.lock();
        let (place, entry) = marks.roster.as_ref()?.get(room)?;
        Some((place, entry.clone()))
    }

    /// Marks that who types in a room changed.
    pub(crate) fn mark_typing(&self, room: RoomNo, version: TypingVersion) {
        let mut marks = self.marks.lock();
        marks.room(room).typing = version;
        marks.newest_typing = marks.newest_typing.max(version);
    }

    fn has_news(&self, since: Token, device: &DeviceId) -> bool {
        let marks = self.marks.lock();
        let mark = marks.devices.get(device).copied().unwrap_or_default();
        since.position < marks.reaches
            || marks.newest > since.position
            || marks.newest_typing > since.typing.version
            || mark.inbox.is_some_and(|at| at > since.inbox)
            || mark.keys.is_some_and(|at| at > since.position)
            || mark.session.max(marks.account).is_some_and(|at| at > since.position)
            || since.inbox < since.position
    }

    /// What moved after a token; `None` when the cell does not reach back so far.
    pub(crate) fn moved_since(&self, since: Token) -> Option<Moved> {
        let marks = self.marks.lock();
        let reach = marks.reaches.max(marks.device_lists_reach);
        if since.position < reach {
            return None;
        }
        let after = |mark: Option<LogPosition>| mark.is_some_and(|at| at > since.position);
        let rooms = marks.rooms.iter().filter_map(|(room, mark)| {
            let receipts = match (after(mark.receipts), after(mark.own_receipts)) {
                (_, true) => Whose::Own,
                (true, false) => Whose::Others,
                (false, false) => Whose::Nobody,
            };
            let (events, typing) = (after(mark.events), mark.typing > since.typing.version);
            let moved = InRoom { events, typing, receipts };
            moved.any().then_some((*room, moved))
        });
        let lists = marks.device_lists.iter().rev().take_while(|(at, _)| *at > since.position);
        Some(Moved {
            rooms: rooms.collect(),
            account_data: marks.account_data > since.position,
            device_lists: lists.map(|(_, user)| user.clone()).collect(),
        })
    }

    /// When the one-time keys of a device last changed, and a message to it last came, as far as
    /// the cell knows.
    pub(crate) fn device_marks(
        &self,
        device: &DeviceId,
    ) -> (Option<LogPosition>, Option<LogPosition>) {
        let mark = self.marks.lock().devices.get(device).copied().unwrap_or_default();
        (mark.keys, mark.inbox)
    }

    /// Whether the session of a device began, ended or changed after a token, or the account did.
    pub(crate) fn session_moved(&self, since: Token, device: &DeviceId) -> bool {
        let marks = self.marks.lock();
        let session = marks.devices.get(device).and_then(|mark| mark.session);
        session.max(marks.account).is_some_and(|at| at > since.position)
    }

    /// When an own receipt last moved in a room, as far as the cell knows.
    pub(crate) fn own_receipt(&self, room: RoomNo) -> Option<LogPosition> {
        self.marks.lock().rooms.get(&room)?.own_receipts
    }

    /// The rooms that the person is in, as the hub has it.
    pub(crate) fn joined(&self) -> Vec<RoomNo> {
        self.marks.lock().joined.iter().copied().collect()
    }

    /// Whether the person is in a room, as the hub has it.
    pub(crate) fn is_in(&self, room: RoomNo) -> bool {
        self.marks.lock().joined.contains(&room)
    }

    /// Watches for news. What is told from now on ends the wait, however late that begins.
    pub(crate) fn watch(&self) -> Watch<'_> {
        // Such a future is woken from when it is made, polled or not.
        Watch { cell: self, told: self.news.notified() }
    }

    /// Wakes everybody who waits.
    pub(crate) fn tell(&self) {
        self.news.notify_waiters();
    }

    /// Whether nobody sits here and nobody has since `before`.
    pub(crate) fn is_idle_since(&self, before: Timestamp) -> bool {
        self.seats.load(Ordering::SeqCst) == 0 && self.marks.lock().used < before
    }

    /// The hub marks nothing any more: whoever sits here must take a new seat.
    pub(crate) fn drop_out(&self) {
        self.dropped.store(true, Ordering::SeqCst);
        self.tell();
    }

    /// Whether the hub has let go of the cell.
    pub(crate) fn is_dropped(&self) -> bool {
        self.dropped.load(Ordering::SeqCst)
    }
}

impl Marks {
    fn room(&mut self, room: RoomNo) -> &mut RoomMark {
        self.rooms.entry(room).or_default()
    }

    /// A room's place in lists changes by how the person stands to it; none is that it has none.
    fn place(&mut self, room: RoomNo, stands: Option<&Stands>, at: LogPosition) {
        if let Some(moves) = &mut self.roster_moves {
            moves.push((room, stands.cloned(), at));
        }
        match (&mut self.roster, stands) {
            (Some(roster), Some(stands)) => roster.stand(room, stands.clone(), at),
            (Some(roster), None) => roster.forget(room),
            (None, _) => {}
        }
    }

    fn device(&mut self, device: &OwnedDeviceId) -> &mut DeviceMark {
        self.devices.entry(device.clone()).or_default()
    }

    fn stand(&mut self, room: RoomNo, membership: Membership) {
        if membership == Membership::Join {
            self.joined.insert(room);
        } else {
            self.joined.remove(&room);
        }
    }

    fn device_list(&mut self, user: &OwnedUserId, at: LogPosition) {
        self.device_lists.push_back((at, user.clone()));
        if self.device_lists.len() > DEVICE_LISTS
            && let Some((oldest, _)) = self.device_lists.pop_front()
        {
            self.device_lists_reach = self.device_lists_reach.max(oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::Duration;

    use super::*;
    use crate::typing::Typing;

    const ROOM: RoomNo = RoomNo(1);
    const OTHER: RoomNo = RoomNo(2);

    fn at(position: u64) -> LogPosition {
        LogPosition(position)
    }

    fn token(position: u64) -> Token {
        Token::at(at(position), Typing::NOTHING)
    }

    fn cell() -> Cell {
        Cell::new(1, OwnedUserId::try_from("@alice:s").unwrap(), at(10))
    }

    #[test]
    fn what_the_log_told_while_rooms_were_read_wins_over_the_list() {
        let cell = cell();
        cell.mark(Mark::Standing(ROOM, Membership::Leave, &Stands::Gone), at(11));
        cell.mark(Mark::Standing(OTHER, Membership::Join, &Stands::In), at(12));
        let joined = cell.settle([(ROOM, Membership::Join), (RoomNo(3), Membership::Join)], at(12));
        let mut expected = [OTHER, RoomNo(3)];
        expected.sort();
        assert_eq!(BTreeSet::from_iter(joined), expected.into());
    }

    #[test]
    fn a_cell_tells_nothing_of_what_was_before_it_reached() {
        let cell = cell();
        cell.settle([], at(20));
        assert_eq!(cell.moved_since(token(19)), None);
        assert!(cell.has_news(token(19), "D".into()));
        assert_eq!(cell.moved_since(token(20)), Some(Moved::default()));
        assert!(!cell.has_news(token(20), "D".into()));
    }

    #[test]
    fn what_moved_is_told_by_kind_and_after_the_token_only() {
        let cell = cell();
        cell.settle([(ROOM, Membership::Join)], at(10));
        cell.mark(Mark::Event(ROOM), at(11));
        cell.mark(Mark::Receipt(OTHER), at(12));
        cell.mark(Mark::OwnReceipt(OTHER), at(13));
        let in_room = |events, receipts| InRoom { events, typing: false, receipts };
        let table = [
            (10, vec![(ROOM, in_room(true, Whose::Nobody)), (OTHER, in_room(false, Whose::Own))]),
            (11, vec![(OTHER, in_room(false, Whose::Own))]),
            (13, vec![]),
        ];
        for (since, expected) in table {
            let moved = cell.moved_since(token(since)).unwrap();
            assert_eq!(moved.rooms, expected.into_iter().collect(), "since {since}");
            assert_eq!(cell.has_news(token(since), "D".into()), since < 13);
        }
    }

    #[test]
    fn a_device_s_own_news_is_no_news_to_another() {
        let cell = cell();
        cell.settle([], at(10));
        let device = OwnedDeviceId::from("D");
        cell.mark(Mark::Inbox(&device), at(11));
        assert!(cell.has_news(token(10), &device) && !cell.has_news(token(11), &device));
        assert!(!cell.has_news(token(10), "OTHER".into()));
        cell.mark(Mark::Keys(&device), at(12));
        assert!(cell.has_news(token(11), &device) && !cell.has_news(token(12), &device));
        // More waited than an answer held: the rest is news though nothing moved.
        assert!(cell.has_news(Token { inbox: at(9), ..token(12) }, &device));
    }

    #[test]
    fn more_changes_of_device_lists_than_are_kept_are_read_from_the_journal() {
        let cell = cell();
        cell.settle([], at(10));
        let bob = OwnedUserId::try_from("@bob:s").unwrap();
        let count = DEVICE_LISTS as u64 + 3;
        for n in 1..=count {
            cell.mark(Mark::DeviceList(&bob), at(10 + n));
        }
        assert_eq!(cell.moved_since(token(12)), None);
        let kept = cell.moved_since(token(13)).unwrap().device_lists;
        assert_eq!(kept.len(), DEVICE_LISTS);
    }

    #[tokio::test]
    async fn news_between_the_look_and_the_wait_ends_the_wait() {
        let cell = cell();
        cell.settle([], at(10));
        let device = OwnedDeviceId::from("D");
        let watch = cell.watch();
        assert!(!watch.has_news(token(10), &device));
        cell.mark(Mark::AccountData, at(11));
        cell.tell();
        let began = Instant::now();
        watch.wait(began + Duration::from_mins(1)).await;
        assert!(began.elapsed() < Duration::from_mins(1));
        assert!(cell.watch().has_news(token(10), &device));
    }

    #[test]
    fn a_cell_is_idle_when_nobody_sits_there_and_nobody_has_lately() {
        let cell = Arc::new(cell());
        let seat = Seat::take(&cell, Timestamp(100));
        assert!(!cell.is_idle_since(Timestamp(101)));
        drop(seat);
        assert!(!cell.is_idle_since(Timestamp(100)) && cell.is_idle_since(Timestamp(101)));
    }
}
