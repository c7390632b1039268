//! The service: one sync, from the question to the answer.

use std::sync::Arc;
use std::time::Duration;

use attention::Attention;
use base::clock::Clock;
use base::number::LogPosition;
use devices::Devices;
use moka::sync::Cache;
use presence::Presence;
use rooms::Rooms;
use ruma_common::{DeviceId, OwnedDeviceId, OwnedUserId, UserId};
use store::Store;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::answer::{Answer, DeviceLists};
use crate::cell::Seat;
use crate::filter::Filter;
use crate::first::First;
use crate::follow::Follower;
use crate::hub::Hub;
use crate::make::{Maker, Sources, Wishes};
use crate::presence::QUIET;
use crate::sliding::connection::Connections;
use crate::{SyncError, Token};

/// How long a sync waits at most, whatever it asks for.
pub(crate) const LONGEST: Duration = Duration::from_mins(1);
/// Filters held in memory at most.
const FILTERS: u64 = 10_000;
/// Bytes of a filter at most for it to be held: larger ones are read anew each time.
const FILTER_HELD: usize = 4 << 10;

/// Syncs. Cheap to clone.
#[derive(Clone)]
pub struct Sync(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) sources: Sources,
    pub(crate) hub: Arc<Hub>,
    pub(crate) connections: Connections,
    filters: Cache<(OwnedUserId, String), Arc<Filter>>,
    followers: Vec<JoinHandle<()>>,
}

/// Which filter is meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// None: everything is wanted.
    #[default]
    Everything,
    /// This one, as JSON.
    Inline(String),
    /// The stored one of this id.
    Stored(String),
}

/// What a device asks.
#[derive(Clone, Debug)]
pub struct SyncRequest {
    /// Who asks.
    pub user: OwnedUserId,
    /// On which device.
    pub device: OwnedDeviceId,
    /// What it was told before. Messages to it up to there are acknowledged.
    pub since: Option<Token>,
    /// What it wants to be told.
    pub filter: Choice,
    /// Whether it wants all state, also what did not change.
    pub full_state: bool,
    /// Whether it wants state as it is after timelines, not before.
    pub use_state_after: bool,
    /// How long to wait when there is no news.
    pub timeout: Duration,
}

/// What a device is told.
pub enum Reply {
    /// Everything, as it begins.
    First(Box<First>),
    /// What is new.
    News(Box<Answer>),
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.followers.iter().for_each(JoinHandle::abort);
    }
}

impl Sync {
    /// Starts to follow the log. Ends when the last handle is dropped, or the store closes.
    pub fn open(store: Store, rooms: Rooms, devices: Devices, clock: Arc<dyn Clock>) -> Self {
        Self::open_with(store, (rooms, devices, None), clock)
    }

    /// The same, for a server that tells who is there.
    pub fn open_with(
        store: Store,
        (rooms, devices, presence): (Rooms, Devices, Option<Presence>),
        clock: Arc<dyn Clock>,
    ) -> Self {
        let typing = rooms.follow_typing();
        let (hub, publish) = Hub::new(store.clone(), rooms.clone(), clock);
        let log = store.follow(hub.position());
        let hub = Arc::new(hub);
        let follower =
            Follower { hub: Arc::clone(&hub), rooms: rooms.clone(), log, typing, publish };
        let mut followers = vec![tokio::spawn(follower.run())];
        if let Some(presence) = presence.clone().filter(Presence::is_enabled) {
            hub.begin_presence(presence.version());
            let follow = crate::presence::follow(Arc::clone(&hub), rooms.clone(), presence);
            followers.push(tokio::spawn(follow));
        }
        let attention = Attention::open(store.clone(), rooms.clone(), devices.clone());
        let sources = Sources { store, rooms, devices, attention, presence };
        let (connections, filters) = (Connections::new(), Cache::new(FILTERS));
        Self(Arc::new(Inner { sources, hub, connections, filters, followers }))
    }

    /// Whether the store answers soon.
    pub async fn is_reachable(&self) -> bool {
        self.0.hub.is_reachable().await
    }

    /// What is new for a device, whole. Waits for news when there is none.
    pub async fn sync(&self, request: SyncRequest) -> Result<Answer, SyncError> {
        match self.reply(request).await? {
            Reply::First(first) => first.whole().await,
            Reply::News(answer) => Ok(*answer),
        }
    }

    /// What is new for a device. Waits for news when there is none.
    pub async fn reply(&self, request: SyncRequest) -> Result<Reply, SyncError> {
        let deadline = Instant::now() + request.timeout.min(LONGEST);
        let mut seat = self.0.hub.seat(&request.user).await?;
        self.catch_up(request.since, request.timeout).await?;
        let since = request.since.filter(|since| self.is_past(*since));
        let adopted = since.map(|since| self.0.hub.adopt(since, &seat));
        let (since, elsewhere) = adopted.unzip();
        let elsewhere = elsewhere.flatten();
        let wishes = Wishes {
            filter: self.filter(&request.user, &request.filter).await?,
            full_state: request.full_state,
            state_after: request.use_state_after,
            elsewhere,
            rooms_only: false,
        };
        let came_to = since.unwrap_or(Token::START);
        // What this node sent may not be what the device has, if it was at another one since.
        let reached = if wishes.elsewhere.is_some() { LogPosition(0) } else { came_to.position };
        seat.memory.rewind(&request.device, reached);
        self.acknowledge(&seat, (&request.user, &request.device), came_to).await?;
        let Some(mut since) = since else {
            let first = First::begin(self.clone(), (seat, request.device), wishes);
            return Ok(Reply::First(Box::new(Box::pin(first).await?)));
        };
        loop {
            let place = (&seat, &*request.device);
            if let Some(answer) = self.news(place, &wishes, &mut since, deadline).await? {
                return Ok(Reply::News(Box::new(answer)));
            }
            seat = self.0.hub.seat(&request.user).await?;
        }
    }

    /// What moved since a token, as soon as anything did or time has run out. `None` when the cell
    /// was dropped: there is news of that only in a new one.
    pub(crate) async fn news(
        &self,
        (seat, device): (&Seat, &DeviceId),
        wishes: &Wishes,
        since: &mut Token,
        deadline: Instant,
    ) -> Result<Option<Answer>, SyncError> {
        // Who types is told once to whoever comes from another node, if they were told otherwise.
        let mut typing = wishes.elsewhere.as_ref().is_some_and(|rooms| !rooms.is_empty());
        let quiet = deadline.min(Instant::now() + QUIET);
        while !seat.is_dropped() {
            let watch = seat.watch();
            // Whoever waits when their session changes must show that they still have one.
            let over = wishes.full_state
                || Instant::now() >= deadline
                || seat.session_moved(*since, device);
            let presence = self.has_presence(seat, *since);
            let rested = Instant::now() >= quiet;
            let news = watch.has_news(*since, device) || (presence && rested);
            if over || std::mem::take(&mut typing) || news {
                let span = (Some(*since), self.0.hub.now(seat));
                // Boxed, so that whoever waits holds nothing of the making.
                let answer = Box::pin(async {
                    let place = (seat, device);
                    let mut maker = Maker::new(&self.0.sources, place, wishes, span).await?;
                    maker.holds_presence = !(over || rested);
                    maker.changes(*since).await
                });
                let answer = answer.await?;
                if over || !answer.is_empty() {
                    return Ok(Some(answer));
                }
                *since = answer.next_batch;
            } else {
                watch.wait(if presence { quiet } else { deadline }).await;
            }
        }
        Ok(None)
    }

    /// Whether there is something to tell of who is there.
    fn has_presence(&self, seat: &Seat, since: Token) -> bool {
        let enabled = self.0.sources.presence.as_ref().is_some_and(Presence::is_enabled);
        enabled && seat.presence.has_news(since.presence)
    }

    /// Whose devices changed between two tokens (`GET /keys/changes`).
    pub async fn device_changes(
        &self,
        user: &UserId,
        device: OwnedDeviceId,
        (from, to): (Token, Token),
    ) -> Result<DeviceLists, SyncError> {
        let seat = self.0.hub.seat(user).await?;
        let latest = if to.position > from.position { to } else { from };
        self.catch_up(Some(latest), LONGEST).await?;
        let now = self.0.hub.now(&seat);
        let upto = if to.position < now.position { to } else { now };
        let wishes = Wishes::default();
        let span = (Some(from), upto);
        let maker = Maker::new(&self.0.sources, (&seat, &device), &wishes, span).await?;
        maker.device_changes(from).await
    }

    /// Brings this node as far as its answer must be: to what the token names, whichever node gave
    /// it; and to what any node has written, for whoever begins or does not wait.
    pub(crate) async fn catch_up(
        &self,
        since: Option<Token>,
        wait: Duration,
    ) -> Result<(), SyncError> {
        let store = &self.0.sources.store;
        let known = since.is_some_and(|since| since.position <= store.log_end());
        if !known || wait.is_zero() {
            store.catch_up().await?;
        }
        self.0.hub.catch_up().await
    }

    /// Whether a token names what has been. One that does not was given before the store was put
    /// back to an older state: whoever holds it begins anew, and misses nothing.
    pub(crate) fn is_past(&self, token: Token) -> bool {
        let now = self.0.hub.position();
        if token.position > now {
            tracing::warn!(%token, %now, "a token is ahead of the log: its device begins anew");
        }
        token.position <= now
    }

    /// Messages to the device up to its token have arrived.
    pub(crate) async fn acknowledge(
        &self,
        seat: &Seat,
        (user, device): (&UserId, &DeviceId),
        came_to: Token,
    ) -> Result<(), SyncError> {
        let (_, arrived) = seat.device_marks(device);
        if came_to == Token::START || seat.memory.is_inbox_clear(device, arrived) {
            return Ok(());
        }
        self.0.sources.devices.acknowledge(user, device, came_to.inbox).await?;
        Ok(())
    }

    async fn filter(&self, user: &UserId, choice: &Choice) -> Result<Arc<Filter>, SyncError> {
        let id = match choice {
            Choice::Everything => return Ok(Arc::default()),
            Choice::Inline(json) => return Filter::parse(json).map(Arc::new),
            Choice::Stored(id) => id,
        };
        let key = (user.to_owned(), id.clone());
        if let Some(filter) = self.0.filters.get(&key) {
            return Ok(filter);
        }
        let stored = self.0.sources.devices.filter(user, id).await?;
        let stored = stored.ok_or_else(|| SyncError::Filter(format!("{id} is not known")))?;
        let filter = Arc::new(Filter::parse(stored.get())?);
        // A filter never changes: its id is drawn from what it says.
        if stored.get().len() <= FILTER_HELD {
            self.0.filters.insert(key, Arc::clone(&filter));
        }
        Ok(filter)
    }
}
