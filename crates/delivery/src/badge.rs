//! How much a person has unread over all of their rooms.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use attention::{Basis, Counter, Reach, Receipts, Unread};
use base::number::RoomNo;
use moka::sync::Cache;
use rooms::Membership;
use ruma_common::{OwnedUserId, UserId};

use crate::delivery::Inner;
use crate::error::DeliveryError;

/// People whose counts are held in memory at most.
const HELD: u64 = 20_000;

/// Counts held in memory, one person's one at a time.
pub(crate) struct Badges(Cache<OwnedUserId, Arc<Badge>>);

#[derive(Default)]
struct Badge {
    counted: tokio::sync::Mutex<HashMap<RoomNo, Arc<Unread>>>,
    /// Rooms in which the person's receipts moved since.
    read: parking_lot::Mutex<HashSet<RoomNo>>,
}

impl Default for Badges {
    fn default() -> Self {
        Self(Cache::new(HELD))
    }
}

impl Badges {
    /// A person's receipt moved in a room.
    pub(crate) fn read(&self, user: &UserId, room: RoomNo) {
        if let Some(badge) = self.0.get(user) {
            badge.read.lock().insert(room);
        }
    }
}

impl Inner {
    /// How many unread events notify a person.
    pub(crate) async fn badge(&self, user: &UserId, basis: &Basis) -> Result<u64, DeliveryError> {
        let badge = self.badges.0.get_with(user.to_owned(), Arc::default);
        let mut before = badge.counted.lock().await;
        let read = std::mem::take(&mut *badge.read.lock());
        let mut total = 0;
        let mut now = HashMap::with_capacity(before.len());
        for (room, membership) in self.rooms.memberships(user).await? {
            if membership != Membership::Join {
                continue;
            }
            let current = room.current();
            let kept = before.remove(&room.no);
            let receipts = if read.contains(&room.no) { Receipts::Moved } else { Receipts::Still };
            let (attention, current) = (&self.attention, &*current);
            let counter = Counter { attention, room: &room, current, user, basis };
            let reach = Reach { at: self.store.log_end(), upto: current.last() };
            let unread = match kept {
                Some(kept) if receipts == Receipts::Still && counter.is_done(&kept, reach) => kept,
                kept => Arc::new(counter.count(kept.as_deref(), &[], receipts, reach).await?),
            };
            total += unread.total().notifications;
            now.insert(room.no, unread);
        }
        *before = now;
        Ok(total)
    }
}
