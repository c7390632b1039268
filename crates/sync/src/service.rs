//! The service: one sync, from the question to the answer.

use std::sync::Arc;
use std::time::Duration;

use base::clock::Clock;
use base::number::LogPosition;
use devices::Devices;
use moka::sync::Cache;
use rooms::Rooms;
use ruma_common::{DeviceId, OwnedDeviceId, OwnedUserId, UserId};
use store::Store;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::answer::{Answer, DeviceLists};
use crate::cell::Seat;
use crate::filter::Filter;
use crate::follow::Follower;
use crate::hub::Hub;
use crate::make::{Maker, Sources, Wishes};
use crate::{SyncError, Token};

/// How long a sync waits at most, whatever it asks for.
const LONGEST: Duration = Duration::from_mins(1);
/// Filters held in memory at most.
const FILTERS: u64 = 10_000;
/// Bytes of a filter at most for it to be held: larger ones are read anew each time.
const FILTER_HELD: usize = 4 << 10;

/// Syncs. Cheap to clone.
#[derive(Clone)]
pub struct Sync(Arc<Inner>);

struct Inner {
    sources: Sources,
    hub: Arc<Hub>,
    filters: Cache<(OwnedUserId, String), Arc<Filter>>,
    follower: JoinHandle<()>,
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

impl Drop for Inner {
    fn drop(&mut self) {
        self.follower.abort();
    }
}

impl Sync {
    /// Starts to follow the log. Ends when the last handle is dropped, or the store closes.
    pub fn open(store: Store, rooms: Rooms, devices: Devices, clock: Arc<dyn Clock>) -> Self {
        let typing = rooms.follow_typing();
        let (hub, publish) = Hub::new(store.clone(), rooms.clone(), clock);
        let log = store.follow(hub.position());
        let hub = Arc::new(hub);
        let follower =
            Follower { hub: Arc::clone(&hub), rooms: rooms.clone(), log, typing, publish };
        let follower = tokio::spawn(follower.run());
        let sources = Sources { store, rooms, devices };
        Self(Arc::new(Inner { sources, hub, filters: Cache::new(FILTERS), follower }))
    }

    /// Whether the store answers soon.
    pub async fn is_reachable(&self) -> bool {
        self.0.hub.is_reachable().await
    }

    /// What is new for a device. Waits for news when there is none.
    pub async fn sync(&self, request: SyncRequest) -> Result<Answer, SyncError> {
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
        };
        let came_to = since.unwrap_or(Token::START);
        // What this node sent may not be what the device has, if it was at another one since.
        let reached = if wishes.elsewhere.is_some() { LogPosition(0) } else { came_to.position };
        seat.memory.rewind(&request.device, reached);
        self.acknowledge(&seat, &request, came_to).await?;
        let Some(mut since) = since else {
            let span = (None, self.0.hub.now(&seat));
            let place = (&seat, &*request.device);
            return Maker::new(&self.0.sources, place, &wishes, span).await?.everything().await;
        };
        loop {
            let place = (&seat, &*request.device);
            if let Some(answer) = self.news(place, &wishes, &mut since, deadline).await? {
                return Ok(answer);
            }
            seat = self.0.hub.seat(&request.user).await?;
        }
    }

    /// What moved since a token, as soon as anything did or time has run out. `None` when the cell
    /// was dropped: there is news of that only in a new one.
    async fn news(
        &self,
        (seat, device): (&Seat, &DeviceId),
        wishes: &Wishes,
        since: &mut Token,
        deadline: Instant,
    ) -> Result<Option<Answer>, SyncError> {
        // Who types is told once to whoever comes from another node, if they were told otherwise.
        let mut typing = wishes.elsewhere.as_ref().is_some_and(|rooms| !rooms.is_empty());
        while !seat.is_dropped() {
            let watch = seat.watch();
            // Whoever waits when their session changes must show that they still have one.
            let over = wishes.full_state
                || Instant::now() >= deadline
                || seat.session_moved(*since, device);
            if over || std::mem::take(&mut typing) || watch.has_news(*since, device) {
                let span = (Some(*since), self.0.hub.now(seat));
                let maker = Maker::new(&self.0.sources, (seat, device), wishes, span).await?;
                let answer = maker.changes(*since).await?;
                if over || !answer.is_empty() {
                    return Ok(Some(answer));
                }
                *since = answer.next_batch;
            } else {
                watch.wait(deadline).await;
            }
        }
        Ok(None)
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
    async fn catch_up(&self, since: Option<Token>, wait: Duration) -> Result<(), SyncError> {
        let store = &self.0.sources.store;
        let known = since.is_some_and(|since| since.position <= store.log_end());
        if !known || wait.is_zero() {
            store.catch_up().await?;
        }
        self.0.hub.catch_up().await
    }

    /// Whether a token names what has been. One that does not was given before the store was put
    /// back to an older state: whoever holds it begins anew, and misses nothing.
    fn is_past(&self, token: Token) -> bool {
        let now = self.0.hub.position();
        if token.position > now {
            tracing::warn!(%token, %now, "a token is ahead of the log: its device begins anew");
        }
        token.position <= now
    }

    /// Messages to the device up to its token have arrived.
    async fn acknowledge(
        &self,
        seat: &Seat,
        request: &SyncRequest,
        came_to: Token,
    ) -> Result<(), SyncError> {
        let (_, arrived) = seat.device_marks(&request.device);
        if came_to == Token::START || seat.memory.is_inbox_clear(&request.device, arrived) {
            return Ok(());
        }
        let devices = &self.0.sources.devices;
        devices.acknowledge(&request.user, &request.device, came_to.inbox).await?;
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
