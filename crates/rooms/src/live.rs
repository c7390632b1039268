//! One room, one place in memory: however often it leaves the cache, who holds it holds the same.
//!
//! A writer may hold a room that the cache let go of. Were it loaded a second time meanwhile,
//! readers of the second would not see what the writer did to the first.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use base::number::RoomNo;
use parking_lot::Mutex;

use crate::room::Room;

/// The rooms that anybody holds.
#[derive(Default)]
pub(crate) struct Live(Mutex<HashMap<RoomNo, Weak<Room>>>);

impl Live {
    /// The room, if anybody holds it.
    pub(crate) fn get(&self, no: RoomNo) -> Option<Arc<Room>> {
        self.0.lock().get(&no)?.upgrade()
    }

    /// Every room that anybody holds.
    pub(crate) fn all(&self) -> Vec<Arc<Room>> {
        self.0.lock().values().filter_map(Weak::upgrade).collect()
    }

    /// Forgets a room, whoever holds it.
    pub(crate) fn remove(&self, no: RoomNo) -> Option<Arc<Room>> {
        self.0.lock().remove(&no)?.upgrade()
    }

    /// Remembers a room for as long as anybody holds it.
    pub(crate) fn put(&self, room: &Arc<Room>) {
        let mut rooms = self.0.lock();
        // Before it grows, what nobody holds any more goes.
        if rooms.len() == rooms.capacity() {
            rooms.retain(|_, room| room.strong_count() > 0);
        }
        rooms.insert(room.no, Arc::downgrade(room));
    }
}
