//! What devices were told by their connections, and how far.
//!
//! A connection is in the memory of the node that began it, and nowhere else: it can be lost at any
//! moment, and its device then begins anew, as the proposal allows. The proxy keeps a device with
//! its node. Two positions are kept of each: the last that the device named, and the one that it
//! was given for it, as the step from there. A device that names the first again never had the
//! answer; one that names the second has it, and the step is taken.

use std::collections::{HashMap, HashSet};
use std::fmt::{Display, Formatter, Result as FmtResult};
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use base::number::{EventNo, LogPosition, RoomNo};
use moka::sync::Cache;
use parking_lot::Mutex;
use ruma_common::{DeviceId, OwnedDeviceId, OwnedUserId, UserId};
use tokio::sync::Notify;

use super::required::Required;
use crate::{KeysLeft, SyncError, Token};

/// How long a connection is kept that nobody asks on.
const KEPT: Duration = Duration::from_hours(2);
/// Bytes of all connections at most, about; who asked longest ago goes first.
const BYTES: u64 = 128 << 20;
/// Bytes of all answers kept to be given again, at most.
const ANSWER_BYTES: u64 = 32 << 20;
/// How long an answer is kept to be given again.
const ANSWER_KEPT: Duration = Duration::from_mins(5);
/// Connections of a device, and of a person, at most; the one asked on longest ago goes first.
const OF_DEVICE: usize = 8;
const OF_PERSON: usize = 40;
/// Configurations of state of one connection at most.
const CONFIGURATIONS: usize = 32;
/// Members remembered as told; beyond, they are told again.
const MEMBERS: usize = 10_000;
/// Bytes of a connection with nothing in it, and of a room in it, about.
const EMPTY_BYTES: usize = 600;
const ROOM_BYTES: usize = 90;

/// How far something of a room was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Nothing was.
    Never,
    /// As far as the connection.
    Whole,
    /// Only up to here.
    UpTo(LogPosition),
}

impl Reach {
    /// How far was told, in a connection that was told up to `whole`.
    pub(crate) fn position(self, whole: LogPosition) -> Option<LogPosition> {
        match self {
            Self::Never => None,
            Self::Whole => Some(whole),
            Self::UpTo(position) => Some(position),
        }
    }

    /// The connection goes on from `whole` without telling more of this.
    pub(crate) fn stay(&mut self, whole: LogPosition) {
        if *self == Self::Whole {
            *self = Self::UpTo(whole);
        }
    }
}

/// What was told of one room.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    /// Of its events and state.
    pub(crate) events: Reach,
    /// Of the person's data of it.
    pub(crate) data: Reach,
    /// Of its receipts.
    pub(crate) receipts: Reach,
    /// Which state was wanted.
    pub(crate) required: Arc<Required>,
    /// How many of its newest events were told at least.
    pub(crate) limit: usize,
    /// Whether more than stripped state was told.
    pub(crate) full: bool,
    /// Whether it was told to be direct.
    pub(crate) direct: bool,
    pub(crate) typing: TypingTold,
}

/// What was told of who types in a room.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TypingTold {
    /// That somebody does.
    pub(crate) somebody: bool,
    /// That may have changed since.
    pub(crate) stale: bool,
}

/// What was told by a connection, up to a position.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) upto: Token,
    pub(crate) rooms: HashMap<RoomNo, Sent>,
    /// Events of members that were told.
    pub(crate) members: HashSet<EventNo>,
    pub(crate) beside: Beside,
}

/// What was told beside rooms.
#[derive(Clone, Debug, Default)]
pub(crate) struct Beside {
    /// Which keys are left.
    pub(crate) keys: Option<Arc<KeysLeft>>,
    /// Whose devices changed, up to where.
    pub(crate) devices: Option<LogPosition>,
    /// Whether the person's data is told.
    pub(crate) data: bool,
}

/// What one answer tells on top.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) upto: Token,
    /// Rooms of which otherwise much was told than before; none is that the room is forgotten.
    pub(crate) rooms: HashMap<RoomNo, Option<Sent>>,
    pub(crate) members: Vec<EventNo>,
    pub(crate) beside: Beside,
}

impl Told {
    const NOTHING_YET: Token = Token::START;

    fn nothing() -> Self {
        Self {
            upto: Self::NOTHING_YET,
            rooms: HashMap::new(),
            members: HashSet::new(),
            beside: Beside::default(),
        }
    }

    /// Whether the connection only begins.
    pub(crate) fn is_nothing(&self) -> bool {
        self.upto == Self::NOTHING_YET
    }

    fn take(&mut self, step: Step) {
        self.upto = step.upto;
        if step.beside.data && !self.beside.data {
            // What was told when data was told before has moved unnoticed since.
            self.rooms.values_mut().for_each(|sent| sent.data = Reach::Never);
        }
        for (room, sent) in step.rooms {
            match sent {
                Some(sent) => drop(self.rooms.insert(room, sent)),
                None => drop(self.rooms.remove(&room)),
            }
        }
        self.members.extend(step.members);
        if self.members.len() > MEMBERS {
            self.members.clear();
        }
        self.beside = step.beside;
    }
}

/// One connection.
pub(crate) struct Connection {
    no: u64,
    state: Mutex<State>,
    /// A later request came: whoever waits for news goes.
    pub(crate) superseded: Notify,
}

struct State {
    /// Number of the position that `told` is.
    number: u64,
    told: Arc<Told>,
    next: Option<Next>,
    /// How many positions were given.
    given: u64,
    /// How many requests came.
    turn: u64,
    configurations: Vec<Weak<Required>>,
}

struct Next {
    number: u64,
    step: Step,
    /// A hash of what was asked.
    asked: u64,
}

/// A request's place in its connection.
pub(crate) struct Turn {
    pub(crate) connection: Arc<Connection>,
    pub(crate) told: Arc<Told>,
    number: u64,
}

/// What a connection makes of a position.
pub(crate) enum Taken {
    /// It goes on from there.
    Turn(Turn),
    /// The same was asked before, and this was answered.
    Again(Arc<str>),
}

impl Connection {
    fn new(no: u64) -> Self {
        let state = State {
            number: 0,
            told: Arc::new(Told::nothing()),
            next: None,
            given: 0,
            turn: 0,
            configurations: Vec::new(),
        };
        Self { no, state: Mutex::new(state), superseded: Notify::new() }
    }

    /// The number of the position that was given when the same was asked at this one.
    fn given_before(&self, number: u64, asked: u64) -> Option<u64> {
        let state = self.state.lock();
        let next = state.next.as_ref().filter(|next| next.asked == asked)?;
        (state.number == number).then_some(next.number)
    }

    /// Goes on from a position, if it is one of the two.
    fn go_on(self: &Arc<Self>, number: u64) -> Option<Turn> {
        let mut state = self.state.lock();
        let state = &mut *state;
        if let Some(next) = state.next.take_if(|next| next.number == number) {
            Arc::make_mut(&mut state.told).take(next.step);
            state.number = number;
        }
        if state.number != number {
            return None;
        }
        state.turn += 1;
        self.superseded.notify_waiters();
        let (told, number) = (Arc::clone(&state.told), state.turn);
        Some(Turn { connection: Arc::clone(self), told, number })
    }

    fn bytes(&self) -> usize {
        let state = self.state.lock();
        EMPTY_BYTES + state.told.rooms.len() * ROOM_BYTES + state.told.members.len() * 16
    }
}

impl Turn {
    /// The connection's number.
    pub(crate) fn connection_no(&self) -> u64 {
        self.connection.no
    }

    /// Whether a later request came on the connection.
    pub(crate) fn is_over(&self) -> bool {
        self.connection.state.lock().turn != self.number
    }

    /// Keeps the step of the answer. Gives its position, unless a later request came.
    pub(crate) fn finish(&self, step: Step, asked: u64) -> Option<u64> {
        let mut state = self.connection.state.lock();
        if state.turn != self.number {
            return None;
        }
        state.given += 1;
        let number = state.given;
        state.next = Some(Next { number, step, asked });
        Some(number)
    }

    /// The same state wanted, as the connection holds it already, if it does: rooms share it.
    pub(crate) fn share(&self, required: Required) -> Result<Arc<Required>, SyncError> {
        let mut state = self.connection.state.lock();
        let known = state.configurations.iter().filter_map(Weak::upgrade);
        if let Some(known) = known.into_iter().find(|known| **known == required) {
            return Ok(known);
        }
        state.configurations.retain(|known| known.strong_count() > 0);
        if state.configurations.len() >= CONFIGURATIONS {
            return Err(SyncError::UnknownPosition);
        }
        let required = Arc::new(required);
        state.configurations.push(Arc::downgrade(&required));
        Ok(required)
    }
}

/// Where a device stands, as it is told: readable as a token of a sync, by its place in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pos {
    pub(crate) position: LogPosition,
    pub(crate) node: u64,
    pub(crate) connection: u64,
    pub(crate) number: u64,
}

impl Display for Pos {
    fn fmt(&self, f: &mut Formatter<'_>) -> FmtResult {
        let Self { position, node, connection, number } = self;
        write!(f, "s{position}_p{node}_{connection}_{number}")
    }
}

impl FromStr for Pos {
    type Err = SyncError;

    fn from_str(text: &str) -> Result<Self, SyncError> {
        let parse = || {
            let mut parts = text.strip_prefix('s')?.split('_');
            let position = LogPosition(number(parts.next()?)?);
            let node = number(parts.next()?.strip_prefix('p')?)?;
            let (connection, last) = (number(parts.next()?)?, number(parts.next()?)?);
            let whole = parts.next().is_none();
            whole.then_some(Self { position, node, connection, number: last })
        };
        parse().ok_or(SyncError::UnknownPosition)
    }
}

/// Digits and nothing else: `parse` alone would take a sign.
fn number(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

/// Connections of one person, the one asked on last at the end.
type OfPerson = Arc<Mutex<Vec<Named>>>;

struct Named {
    device: OwnedDeviceId,
    name: String,
    connection: Arc<Connection>,
}

/// The connections that this node holds.
pub(crate) struct Connections {
    people: Cache<OwnedUserId, OfPerson>,
    answers: Cache<(u64, u64), Arc<str>>,
    made: AtomicU64,
}

impl Connections {
    pub(crate) fn new() -> Self {
        let weight = |size: usize| u32::try_from(size).unwrap_or(u32::MAX);
        let people = Cache::builder()
            .weigher(move |_, person: &OfPerson| {
                weight(person.lock().iter().map(|named| named.connection.bytes()).sum())
            })
            .max_capacity(BYTES)
            .time_to_idle(KEPT);
        let answers = Cache::builder()
            .weigher(move |_, answer: &Arc<str>| weight(answer.len()))
            .max_capacity(ANSWER_BYTES)
            .time_to_live(ANSWER_KEPT);
        Self { people: people.build(), answers: answers.build(), made: AtomicU64::new(1) }
    }

    /// Begins a connection in the place of the one of this name.
    pub(crate) fn begin(&self, user: &UserId, device: &DeviceId, name: &str) -> Turn {
        let no = self.made.fetch_add(1, Ordering::SeqCst);
        let connection = Arc::new(Connection::new(no));
        let person = self.people.get_with(user.to_owned(), OfPerson::default);
        {
            let mut all = person.lock();
            all.retain(|one| {
                let same = one.device == device && one.name == name;
                if same {
                    one.connection.state.lock().turn += 1;
                    one.connection.superseded.notify_waiters();
                }
                !same
            });
            let of_device = all.iter().filter(|one| one.device == device).count();
            let oldest = |one: &Named| one.device == device || of_device < OF_DEVICE;
            if (of_device >= OF_DEVICE || all.len() >= OF_PERSON)
                && let Some(oldest) = all.iter().position(oldest)
            {
                all.remove(oldest);
            }
            let (device, name) = (device.to_owned(), name.to_owned());
            all.push(Named { device, name, connection: Arc::clone(&connection) });
        }
        let told = Arc::clone(&connection.state.lock().told);
        Turn { connection, told, number: 0 }
    }

    /// Goes on from a position that a device was given.
    pub(crate) fn go_on(
        &self,
        (user, device, name): (&UserId, &DeviceId, &str),
        pos: Pos,
        asked: u64,
    ) -> Result<Taken, SyncError> {
        let person = self.people.get(user).ok_or(SyncError::UnknownPosition)?;
        let connection = {
            let mut all = person.lock();
            let place = all.iter().position(|one| one.device == device && one.name == name);
            let named = all.remove(place.ok_or(SyncError::UnknownPosition)?);
            let connection = Arc::clone(&named.connection);
            all.push(named);
            connection
        };
        if connection.no != pos.connection {
            return Err(SyncError::UnknownPosition);
        }
        if let Some(before) = connection.given_before(pos.number, asked)
            && let Some(answer) = self.answers.get(&(connection.no, before))
        {
            return Ok(Taken::Again(answer));
        }
        let turn = connection.go_on(pos.number).ok_or(SyncError::UnknownPosition)?;
        // The device has the answer that gave it this position.
        self.answers.invalidate(&(connection.no, pos.number));
        Ok(Taken::Turn(turn))
    }

    /// Keeps an answer to be given again, until its device shows that it has it.
    pub(crate) fn keep(&self, turn: &Turn, number: u64, answer: &Arc<str>) {
        self.answers.insert((turn.connection.no, number), Arc::clone(answer));
    }

    /// Weighs a person's connections anew.
    pub(crate) fn weigh(&self, user: &UserId) {
        if let Some(person) = self.people.get(user) {
            self.people.insert(user.to_owned(), person);
        }
    }
}
