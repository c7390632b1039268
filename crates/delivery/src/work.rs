//! One pusher's worker: tells its gateway what waits, one thing after the other.

use std::sync::Arc;
use std::time::Duration;

use base::number::EventNo;
use rooms::{Membership, RoomError};
use store::{Batch, CommitError};
use tokio::time::{Instant, sleep};

use crate::delivery::Inner;
use crate::due::Due;
use crate::error::DeliveryError;
use crate::gateway::Said;
use crate::payload::{Telling, of_count, of_event};
use crate::pushers::PusherRow;
use crate::queue::{Next, PusherKey, Queues};
use crate::tables::{TURN, WAITING, WaitingEvent, WaitingRow};

/// How long an event is told at most after it came.
pub(crate) const OLDEST: Duration = Duration::from_hours(24);
/// How long is waited at most before a gateway is asked again.
const LONGEST_PAUSE: Duration = Duration::from_hours(1);
/// How long what comes meanwhile may be unwritten.
const SLICE: Duration = Duration::from_secs(2);

/// A pusher's worker.
pub(crate) struct Worker {
    pub(crate) inner: Arc<Inner>,
    pub(crate) queues: Queues,
    pub(crate) key: PusherKey,
    /// How often the gateway was asked in vain.
    pub(crate) tries: u32,
}

/// What became of a notification.
enum Outcome {
    /// The gateway has it, or there is nothing to tell any more.
    Done,
    /// The gateway was asked in vain.
    Failed,
    /// The pusher is gone.
    Gone,
}

impl Worker {
    /// Works until nothing waits.
    pub(crate) async fn run(mut self) {
        while let Some((next, due)) = self.queues.next(&self.key) {
            match self.tell(next).await {
                Outcome::Done => {}
                Outcome::Gone => return self.queues.forget(&self.key),
                Outcome::Failed => {
                    if !self.hold(next, due).await {
                        return self.queues.forget(&self.key);
                    }
                }
            }
        }
    }

    async fn tell(&mut self, next: Next) -> Outcome {
        loop {
            let told = match next {
                Next::Event(event) => self.tell_event(event).await,
                Next::Count => self.tell_count().await,
            };
            match told {
                Ok(outcome) => return outcome,
                Err(error) if error.is_outage() => {
                    tracing::warn!(%error, "a notification waits for the store");
                    sleep(SLICE).await;
                }
                Err(error) => {
                    tracing::error!(%error, "a notification is not told");
                    return Outcome::Done;
                }
            }
        }
    }

    async fn tell_event(&mut self, waiting: WaitingEvent) -> Result<Outcome, DeliveryError> {
        let inner = Arc::clone(&self.inner);
        let Some(row) = inner.row(&self.key.0, self.key.1).await? else {
            return Ok(Outcome::Gone);
        };
        if inner.clock.now().since(waiting.since) > OLDEST {
            return Ok(Outcome::Done);
        }
        let (user, basis) = (&self.key.0, inner.basis(&self.key.0).await?);
        let room = match inner.rooms.room_by_number(waiting.room).await {
            Ok(room) => room,
            Err(RoomError::UnknownRoom(_) | RoomError::Deleted(_)) => return Ok(Outcome::Done),
            Err(error) => return Err(error.into()),
        };
        let Some(event) = inner.rooms.events(&[waiting.event]).await?.pop() else {
            return Ok(Outcome::Done);
        };
        let current = inner.rooms.current_with(&room, event.ord).await?;
        let place = (&*room, &*current);
        let actions = inner.attention.actions(place, user, &basis, &event).await?;
        let Some(actions) = actions else { return Ok(Outcome::Done) };
        if inner.attention.is_read(user, &event).await? {
            return Ok(Outcome::Done);
        }
        let viewer = inner.rooms.viewer_with((&room, Arc::clone(&current)), user, None);
        let shown = match current.membership(user) {
            Membership::Join => viewer.show(&event).await?,
            _ => viewer.show_own(&event),
        };
        let Some(shown) = shown else { return Ok(Outcome::Done) };
        let unread = inner.badge(user, &basis).await?;
        let (actions, room_id) = (&*actions, room.id.as_str());
        let (shown, current) = (&shown, &*current);
        let telling = Telling { shown, room_id, current, user, actions, unread };
        let body = of_event(&row, &telling);
        self.send(&row, &body, unread).await
    }

    async fn tell_count(&mut self) -> Result<Outcome, DeliveryError> {
        let inner = Arc::clone(&self.inner);
        let Some(row) = inner.row(&self.key.0, self.key.1).await? else {
            return Ok(Outcome::Gone);
        };
        let basis = inner.basis(&self.key.0).await?;
        let unread = inner.badge(&self.key.0, &basis).await?;
        if self.queues.told(&self.key) == Some(unread) {
            return Ok(Outcome::Done);
        }
        self.send(&row, &of_count(&row, unread), unread).await
    }

    async fn send(
        &mut self,
        row: &PusherRow,
        body: &serde_json::Value,
        unread: u64,
    ) -> Result<Outcome, DeliveryError> {
        match self.inner.notify(&row.pusher, body, self.tries).await {
            Said::Taken => {
                self.queues.tell(&self.key, unread);
                if self.tries > 0 {
                    self.tries = 0;
                    // What waits still is due again only when the gateway fails again.
                    self.write(Vec::new()).await?;
                }
                Ok(Outcome::Done)
            }
            Said::Rejected => {
                tracing::info!("a push gateway rejected a pusher, which is removed");
                self.inner.remove(&self.key.0, row.pusher.id()).await?;
                Ok(Outcome::Gone)
            }
            Said::Nothing => Ok(Outcome::Failed),
        }
    }

    /// Writes what waits, and waits itself before the gateway is asked again. Whether to go on.
    async fn hold(&mut self, failed: Next, due: Option<Due>) -> bool {
        self.tries = self.tries.saturating_add(1);
        let first = match failed {
            Next::Event(event) => Some(event),
            // A count is told with whatever is told next.
            Next::Count => None,
        };
        let (until, mut due) = (Instant::now() + self.pause(), Some(due));
        while Instant::now() < until {
            if due.is_some() || self.queues.has_unwritten(&self.key) {
                let waiting = first.into_iter().chain(self.queues.events(&self.key)).collect();
                match self.write(waiting).await {
                    Ok(()) => {
                        due = None;
                        self.queues.written(&self.key);
                    }
                    Err(DeliveryError::Busy) => return false,
                    Err(error) => tracing::warn!(%error, "what waits for a gateway is not written"),
                }
            }
            sleep(SLICE.min(until.saturating_duration_since(Instant::now()))).await;
        }
        if let Some(first) = first {
            self.queues.put_back(&self.key, first);
        }
        true
    }

    fn pause(&self) -> Duration {
        let doubled = 2_u32.saturating_pow(self.tries.saturating_sub(1).min(16));
        let pause = self.inner.settings.pause.saturating_mul(doubled).min(LONGEST_PAUSE);
        // Gateways that failed together are not asked together.
        let [random] = base::random::bytes::<1>();
        pause.mul_f64(0.8 + f64::from(random) / 640.0)
    }

    /// Writes what waits for the pusher, unless another node has the turn.
    async fn write(&self, events: Vec<WaitingEvent>) -> Result<(), DeliveryError> {
        let key = (self.key.0.to_string(), self.key.1);
        let mut batch = Batch::new();
        TURN.check_equals(&mut batch, &(), &self.inner.node)?;
        if events.is_empty() {
            WAITING.delete(&mut batch, &key);
        } else {
            WAITING.put(&mut batch, &key, &WaitingRow { events, tries: self.tries })?;
        }
        match self.inner.store.commit(batch).await {
            Ok(_) => Ok(()),
            Err(CommitError::Conflict { .. }) => Err(DeliveryError::Busy),
            Err(CommitError::Store(error)) => Err(error.into()),
        }
    }
}

/// An event that waits since it came.
pub(crate) fn waiting(event: &rooms::Stored, no: EventNo) -> WaitingEvent {
    WaitingEvent { room: event.room, event: no, since: event.pdu.origin_server_ts() }
}
