//! Making an answer: which rooms have news, and what else the person and the device are told.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use attention::{Attention, Basis};
use base::change::{Change, DataType};
use base::number::{LogPosition, RoomNo};
use devices::{AccountData, Devices};
use journal::Span;
use presence::Presence;
use rooms::{EventFilter, RoomError, Rooms};
use ruma_common::{DeviceId, OwnedRoomId, UserId};
use store::Store;

use crate::answer::{Answer, KeysLeft, LeftRoom};
use crate::cell::{InRoom, Moved, Seat};
use crate::device_lists::Encounters;
use crate::filter::Filter;
use crate::json::object;
use crate::memory::Ignored;
use crate::{SyncError, Token};

/// Messages to a device in one answer at most.
const MESSAGES: usize = 100;

/// Where everything is read from.
#[derive(Clone)]
pub(crate) struct Sources {
    pub(crate) store: Store,
    pub(crate) rooms: Rooms,
    pub(crate) devices: Devices,
    pub(crate) attention: Attention,
    pub(crate) presence: Option<Presence>,
}

/// How an answer is wanted.
#[derive(Default)]
pub(crate) struct Wishes {
    pub(crate) filter: Arc<Filter>,
    /// All state, also what did not change.
    pub(crate) full_state: bool,
    /// State as it is after the timeline.
    pub(crate) state_after: bool,
    /// For a device that was told by another node: the rooms of which it was told otherwise who
    /// types.
    pub(crate) elsewhere: Option<Vec<RoomNo>>,
    /// Nothing of what concerns the device alone.
    pub(crate) rooms_only: bool,
}

/// What one answer is made from.
#[derive(Clone)]
pub(crate) struct Maker<'a> {
    pub(crate) sources: &'a Sources,
    pub(crate) seat: &'a Seat,
    pub(crate) device: &'a DeviceId,
    pub(crate) wishes: &'a Wishes,
    pub(crate) basis: Arc<Basis>,
    pub(crate) ignored: Ignored,
    /// What was told before; `None` when nothing was.
    pub(crate) since: Option<Token>,
    /// Up to where is told.
    pub(crate) upto: Token,
    /// Whether presence is told only along with something else.
    pub(crate) holds_presence: bool,
}

/// What may be told of one room.
#[derive(Default)]
pub(crate) struct RoomNews {
    pub(crate) moved: InRoom,
    /// The person's data of the room that changed.
    pub(crate) account_data: Vec<AccountData>,
}

impl<'a> Maker<'a> {
    /// Gathers what every answer to a person needs.
    pub(crate) async fn new(
        sources: &'a Sources,
        (seat, device): (&'a Seat, &'a DeviceId),
        wishes: &'a Wishes,
        (since, upto): (Option<Token>, Token),
    ) -> Result<Self, SyncError> {
        let rules = sources.devices.push_rules(&seat.user).await?;
        let ignored = ignored(&sources.devices, seat).await?;
        let basis = seat.memory.basis(&rules, &ignored);
        let holds_presence = false;
        Ok(Self { sources, seat, device, wishes, basis, ignored, since, upto, holds_presence })
    }

    /// The same, for what was told otherwise before.
    pub(crate) fn after(&self, since: Option<Token>) -> Self {
        Self { since, ..self.clone() }
    }

    /// Whom the answer is for.
    pub(crate) fn user(&self) -> &UserId {
        &self.seat.user
    }

    /// The stretch of the log that the answer covers.
    pub(crate) fn span(&self) -> Span {
        let after = self.since.map_or(LogPosition(0), |since| since.position);
        Span { after, upto: self.upto.position }
    }

    /// Everything that belongs to no room, for a device that begins.
    pub(crate) async fn head(&self) -> Result<Answer, SyncError> {
        let mut answer = self.begin().await?;
        let data = self.sources.devices.account_data(self.user()).await?;
        answer.account_data = events(&data, &self.wishes.filter.account_data);
        self.tell_presence(&mut answer, BTreeSet::new()).await?;
        Ok(answer)
    }

    /// What moved since a token.
    pub(crate) async fn changes(&self, since: Token) -> Result<Answer, SyncError> {
        let mut answer = self.begin().await?;
        let Moved { mut rooms, account_data, device_lists } = match self.seat.moved_since(since) {
            Some(moved) => moved,
            None => self.moved_in_journal(since).await?,
        };
        let mut data = if account_data { self.changed_data().await? } else { HashMap::new() };
        let global = data.remove(&None).unwrap_or_default();
        answer.account_data = events(&global, &self.wishes.filter.account_data);
        let others = if self.wishes.full_state { self.seat.joined() } else { Vec::new() };
        for room in data.keys().copied().flatten().chain(others) {
            rooms.entry(room).or_default();
        }
        for room in self.wishes.elsewhere.iter().flatten().filter(|room| self.seat.is_in(**room)) {
            rooms.entry(*room).or_default().typing = true;
        }
        let mut encounters = Encounters::default();
        for (no, moved) in rooms {
            let room = match self.sources.rooms.room_by_number(no).await {
                Ok(room) => room,
                Err(RoomError::Deleted(no)) => {
                    self.tell_deleted(&mut answer, no).await?;
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            let account_data = data.remove(&Some(no)).unwrap_or_default();
            let news = RoomNews { moved, account_data };
            if let Some(told) = self.told(&room, news, &mut encounters).await? {
                answer.insert(room.id.clone(), told);
            }
        }
        let met = std::mem::take(&mut encounters.present);
        if !self.wishes.rooms_only {
            answer.device_lists = self.device_lists(device_lists, encounters).await?;
        }
        self.tell_presence(&mut answer, met).await?;
        Ok(answer)
    }

    /// A room that was deleted is one that the person went out of, whatever they were told of it.
    async fn tell_deleted(&self, answer: &mut Answer, no: RoomNo) -> Result<(), SyncError> {
        let id = self.sources.rooms.id_of_deleted(no).await?;
        if let Some(id) = id.filter(|id| self.wishes.filter.room.admits(id)) {
            answer.leave.insert(id, LeftRoom::default());
        }
        Ok(())
    }

    /// An answer with what concerns the device alone: its keys, and its messages.
    async fn begin(&self) -> Result<Answer, SyncError> {
        if self.wishes.rooms_only {
            return Ok(Answer::new(self.upto, Arc::default()));
        }
        let mut answer = Answer::new(self.upto, self.keys().await?);
        let since = self.since.unwrap_or(Token::START);
        let (keys_moved, _) = self.seat.device_marks(self.device);
        answer.keys_changed = keys_moved.is_some_and(|moved| moved > since.position);
        (answer.to_device, answer.next_batch.inbox) = self.inbox(since.inbox, MESSAGES).await?;
        Ok(answer)
    }

    /// Which keys of the device are left.
    pub(crate) async fn keys(&self) -> Result<Arc<KeysLeft>, SyncError> {
        let (moved, _) = self.seat.device_marks(self.device);
        match self.seat.memory.keys(self.device, moved) {
            Some(keys) => Ok(keys),
            None => self.read_keys().await,
        }
    }

    /// Messages to the device after a position, and up to where that is all of them.
    pub(crate) async fn inbox(
        &self,
        after: LogPosition,
        limit: usize,
    ) -> Result<(Vec<String>, LogPosition), SyncError> {
        let upto = self.upto.position;
        let (_, arrived) = self.seat.device_marks(self.device);
        if self.seat.memory.is_inbox_clear(self.device, arrived) {
            return Ok((Vec::new(), upto));
        }
        let span = Span { after, upto };
        let waiting = self.sources.devices.inbox(self.user(), self.device, span, limit).await?;
        if waiting.is_empty() && limit > 0 {
            self.seat.memory.keep_inbox_clear(self.device, upto);
        }
        let messages = waiting.iter().map(|message| message.event.get().to_owned()).collect();
        let told = match waiting.last() {
            Some(last) if waiting.len() >= limit => last.position,
            _ => upto,
        };
        Ok((messages, told))
    }

    async fn read_keys(&self) -> Result<Arc<KeysLeft>, SyncError> {
        let devices = &self.sources.devices;
        let one_time = devices.one_time_key_counts(self.user(), self.device).await?;
        let unused_fallback = devices.unused_fallback_key_types(self.user(), self.device).await?;
        let keys = Arc::new(KeysLeft { one_time, unused_fallback });
        self.seat.memory.keep_keys(self.device, self.upto.position, Arc::clone(&keys));
        Ok(keys)
    }

    /// The person's account data that changed, by room.
    pub(crate) async fn changed_data(
        &self,
    ) -> Result<HashMap<Option<RoomNo>, Vec<AccountData>>, SyncError> {
        let rows = journal::of_person(&self.sources.store, self.user(), self.span()).await?;
        let changed: Vec<(Option<OwnedRoomId>, DataType)> = rows
            .into_iter()
            .filter_map(|(_, change)| match change {
                Change::AccountData { room, kind, .. } => Some((room, kind)),
                _ => None,
            })
            .collect();
        let mut data = HashMap::<_, Vec<_>>::new();
        let devices = &self.sources.devices;
        for (room, datum) in devices.account_data_changed(self.user(), &changed).await? {
            let room = match room {
                Some(id) => match self.sources.rooms.room(&id).await {
                    Ok(room) => Some(room.no),
                    // Data can be kept for a room that is not there: it is told of with none.
                    Err(RoomError::UnknownRoom(_)) => continue,
                    Err(error) => return Err(error.into()),
                },
                None => None,
            };
            data.entry(room).or_default().push(datum);
        }
        Ok(data)
    }
}

/// Account data as events, those that a filter admits.
pub(crate) fn events(data: &[AccountData], filter: &EventFilter) -> Vec<String> {
    let wanted = data.iter().filter(|datum| filter.admits_kind(&datum.kind));
    let event = |datum: &AccountData| {
        let mut text = String::new();
        object(&mut text, |event| {
            event.text("type", &datum.kind);
            event.json("content", datum.content.get());
        });
        text
    };
    wanted.map(event).collect()
}

/// Whom a person ignores.
async fn ignored(devices: &Devices, seat: &Seat) -> Result<Ignored, SyncError> {
    let version = match seat.memory.ignored.get() {
        Ok(ignored) => return Ok(ignored),
        Err(version) => version,
    };
    let ignored: Ignored = Arc::new(devices.ignored_people(&seat.user).await?);
    seat.memory.ignored.keep(version, &ignored);
    Ok(ignored)
}
