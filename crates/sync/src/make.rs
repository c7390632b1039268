//! Making an answer: which rooms have news, and what else the person and the device are told.

use std::collections::HashMap;
use std::sync::Arc;

use base::change::{Change, DataType};
use base::number::{LogPosition, RoomNo};
use devices::{AccountData, Devices};
use journal::Span;
use rooms::{EventFilter, Rooms};
use ruma_common::push::Ruleset;
use ruma_common::{DeviceId, OwnedRoomId, OwnedUserId, UserId};
use serde::Deserialize;
use store::Store;

use crate::answer::{Answer, KeysLeft};
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
}

/// What one answer is made from.
pub(crate) struct Maker<'a> {
    pub(crate) sources: &'a Sources,
    pub(crate) seat: &'a Seat,
    pub(crate) device: &'a DeviceId,
    pub(crate) wishes: &'a Wishes,
    pub(crate) rules: Arc<Ruleset>,
    pub(crate) ignored: Ignored,
    /// What was told before; `None` when nothing was.
    pub(crate) since: Option<Token>,
    /// Up to where is told.
    pub(crate) upto: Token,
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
        seat.memory.count_by(&rules, &ignored);
        Ok(Self { sources, seat, device, wishes, rules, ignored, since, upto })
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

    /// Everything, for a device that begins.
    pub(crate) async fn everything(&self) -> Result<Answer, SyncError> {
        let mut answer = self.begin().await?;
        for (room, _) in self.sources.rooms.memberships(self.user()).await? {
            let news = RoomNews { moved: InRoom::all(), account_data: Vec::new() };
            self.tell(&mut answer, &room, news, &mut Encounters::default()).await?;
        }
        let data = self.sources.devices.account_data(self.user()).await?;
        answer.account_data = events(&data, &self.wishes.filter.account_data);
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
            let room = self.sources.rooms.room_by_number(no).await?;
            let account_data = data.remove(&Some(no)).unwrap_or_default();
            let news = RoomNews { moved, account_data };
            self.tell(&mut answer, &room, news, &mut encounters).await?;
        }
        answer.device_lists = self.device_lists(device_lists, encounters).await?;
        Ok(answer)
    }

    /// An answer with what concerns the device alone: its keys, and its messages.
    async fn begin(&self) -> Result<Answer, SyncError> {
        let (keys_moved, arrived) = self.seat.device_marks(self.device);
        let keys = match self.seat.memory.keys(self.device, keys_moved) {
            Some(keys) => keys,
            None => self.read_keys().await?,
        };
        let mut answer = Answer::new(self.upto, keys);
        let since = self.since.unwrap_or(Token::START);
        answer.keys_changed = keys_moved.is_some_and(|moved| moved > since.position);
        if self.seat.memory.is_inbox_clear(self.device, arrived) {
            return Ok(answer);
        }
        let span = Span { after: since.inbox, upto: self.upto.position };
        let devices = &self.sources.devices;
        let waiting = devices.inbox(self.user(), self.device, span, MESSAGES).await?;
        if waiting.is_empty() {
            self.seat.memory.keep_inbox_clear(self.device, self.upto.position);
        } else if waiting.len() >= MESSAGES
            && let Some(last) = waiting.last()
        {
            answer.next_batch.inbox = last.position;
        }
        answer.to_device = waiting.iter().map(|message| message.event.get().to_owned()).collect();
        Ok(answer)
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
    async fn changed_data(&self) -> Result<HashMap<Option<RoomNo>, Vec<AccountData>>, SyncError> {
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
                    Err(rooms::RoomError::UnknownRoom(_)) => continue,
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

/// Whom a person ignores (`m.ignored_user_list`).
async fn ignored(devices: &Devices, seat: &Seat) -> Result<Ignored, SyncError> {
    #[derive(Default, Deserialize)]
    struct Content {
        #[serde(default)]
        ignored_users: HashMap<OwnedUserId, serde_json::Value>,
    }
    let version = match seat.memory.ignored() {
        Ok(ignored) => return Ok(ignored),
        Err(version) => version,
    };
    let datum = devices.account_datum(&seat.user, None, "m.ignored_user_list").await?;
    // A list that does not read ignores nobody: its owner sees what they did not mean to miss.
    let content: Content =
        datum.and_then(|datum| serde_json::from_str(datum.content.get()).ok()).unwrap_or_default();
    let ignored: Ignored = Arc::new(content.ignored_users.into_keys().collect());
    seat.memory.keep_ignored(version, &ignored);
    Ok(ignored)
}
