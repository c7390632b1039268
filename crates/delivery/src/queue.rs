//! What waits for each pusher, in memory.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use base::number::LogPosition;
use parking_lot::Mutex;
use ruma_common::OwnedUserId;

use crate::due::{Due, Dues};
use crate::pushers::PusherId;
use crate::tables::WaitingEvent;

/// Events that wait for a pusher at most: the oldest go, and the count tells of them still.
const MOST: usize = 50;

/// Whose pusher, and which.
pub(crate) type PusherKey = (OwnedUserId, PusherId);

/// What waits, by pusher. Where something does, a worker is under way.
#[derive(Clone, Default)]
pub(crate) struct Queues {
    waiting: Arc<Mutex<HashMap<PusherKey, Queue>>>,
    /// The count that was told last.
    told: Arc<Mutex<HashMap<PusherKey, u64>>>,
    pub(crate) dues: Dues,
}

#[derive(Default)]
struct Queue {
    events: VecDeque<(WaitingEvent, Option<Due>)>,
    /// That the count changed is to be told.
    count: Option<Due>,
}

/// What a worker does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Tell of an event.
    Event(WaitingEvent),
    /// Tell the count.
    Count,
}

impl Queues {
    /// Adds an event; whether a worker must begin.
    pub(crate) fn add(&self, key: &PusherKey, event: WaitingEvent, at: LogPosition) -> bool {
        let due = self.dues.add(at);
        self.with(key, |queue| queue.push(event, Some(due)))
    }

    /// Adds that the count may have changed; whether a worker must begin.
    pub(crate) fn add_count(&self, key: &PusherKey, at: LogPosition) -> bool {
        let due = self.dues.add(at);
        self.with(key, |queue| queue.count = Some(due))
    }

    /// Adds what was written; whether a worker must begin.
    pub(crate) fn restore(&self, key: &PusherKey, events: Vec<WaitingEvent>) -> bool {
        self.with(key, |queue| events.into_iter().for_each(|event| queue.push(event, None)))
    }

    fn with(&self, key: &PusherKey, change: impl FnOnce(&mut Queue)) -> bool {
        let mut queues = self.waiting.lock();
        let begins = !queues.contains_key(key);
        change(queues.entry(key.clone()).or_default());
        begins
    }

    /// What to do next for a pusher, due until it is done or written; none ends its worker.
    pub(crate) fn next(&self, key: &PusherKey) -> Option<(Next, Option<Due>)> {
        let mut queues = self.waiting.lock();
        let queue = queues.get_mut(key)?;
        let next = match queue.events.pop_front() {
            Some((event, due)) => Some((Next::Event(event), due)),
            None => queue.count.take().map(|due| (Next::Count, Some(due))),
        };
        if next.is_none() {
            queues.remove(key);
        }
        next
    }

    /// A count is told.
    pub(crate) fn tell(&self, key: &PusherKey, count: u64) {
        self.told.lock().insert(key.clone(), count);
    }

    /// The count that was told last.
    pub(crate) fn told(&self, key: &PusherKey) -> Option<u64> {
        self.told.lock().get(key).copied()
    }

    /// Puts back an event that was not told, before those that wait.
    pub(crate) fn put_back(&self, key: &PusherKey, event: WaitingEvent) {
        self.with(key, |queue| queue.events.push_front((event, None)));
    }

    /// The events that wait for a pusher.
    pub(crate) fn events(&self, key: &PusherKey) -> Vec<WaitingEvent> {
        let queues = self.waiting.lock();
        let events = queues.get(key).map(|queue| queue.events.iter().map(|(event, _)| *event));
        events.into_iter().flatten().collect()
    }

    /// Whether something waits that was not written.
    pub(crate) fn has_unwritten(&self, key: &PusherKey) -> bool {
        let queues = self.waiting.lock();
        let unwritten = |queue: &Queue| {
            queue.count.is_some() || queue.events.iter().any(|(_, due)| due.is_some())
        };
        queues.get(key).is_some_and(unwritten)
    }

    /// What waits for a pusher is written: the cursor need not wait for it. Counts are not written;
    /// they come with whatever is told next.
    pub(crate) fn written(&self, key: &PusherKey) {
        if let Some(queue) = self.waiting.lock().get_mut(key) {
            queue.events.iter_mut().for_each(|(_, due)| *due = None);
            queue.count = None;
        }
    }

    /// The pusher is gone.
    pub(crate) fn forget(&self, key: &PusherKey) {
        self.waiting.lock().remove(key);
        self.told.lock().remove(key);
    }
}

impl Queue {
    fn push(&mut self, event: WaitingEvent, due: Option<Due>) {
        if self.events.iter().any(|(waiting, _)| waiting.event == event.event) {
            return;
        }
        self.events.push_back((event, due));
        if self.events.len() > MOST {
            self.events.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use base::clock::Timestamp;
    use base::number::{EventNo, RoomNo};

    use super::*;

    fn event(no: u64) -> WaitingEvent {
        WaitingEvent { room: RoomNo(1), event: EventNo(no), since: Timestamp(no) }
    }

    #[test]
    fn events_come_in_order_then_the_count_and_too_many_lose_the_oldest() {
        let (queues, key) = (Queues::default(), (OwnedUserId::try_from("@a:s").unwrap(), [0; 16]));
        assert!(queues.add(&key, event(1), LogPosition(1)));
        assert!(!queues.add_count(&key, LogPosition(2)));
        // The same event twice is one.
        assert!(!queues.restore(&key, vec![event(1)]));
        for no in 2..=u64::try_from(MOST).unwrap() + 1 {
            queues.add(&key, event(no), LogPosition(no));
        }
        for no in 2..=u64::try_from(MOST).unwrap() + 1 {
            assert_eq!(queues.next(&key).unwrap().0, Next::Event(event(no)));
        }
        assert_eq!(queues.next(&key).unwrap().0, Next::Count);
        assert!(queues.next(&key).is_none() && queues.dues.is_clear());
        assert!(queues.add(&key, event(1), LogPosition(9)));
    }

    #[test]
    fn what_is_written_holds_the_cursor_no_more() {
        let (queues, key) = (Queues::default(), (OwnedUserId::try_from("@a:s").unwrap(), [0; 16]));
        queues.add(&key, event(1), LogPosition(3));
        assert!(queues.has_unwritten(&key));
        assert_eq!(queues.dues.done(LogPosition(9)), LogPosition(2));
        queues.written(&key);
        assert!(!queues.has_unwritten(&key));
        assert_eq!(queues.dues.done(LogPosition(9)), LogPosition(9));
        assert_eq!(queues.events(&key), [event(1)]);
    }
}
