//! Which thread an event belongs to, by what it says it relates to.
//!
//! `spec/content/client-server-api/modules/threading.md`: an event in a thread names its root;
//! reactions, edits and the like belong where the event that they are about belongs.

use std::sync::Arc;

use ruma_common::OwnedEventId;

use crate::error::RoomError;
use crate::event::Stored;
use crate::load::Rooms;
use crate::relation::Kin;

/// Relations followed at most from an event to its thread.
const HOPS: usize = 3;

impl Rooms {
    /// The root of the thread that an event is in; none in the main timeline. (A root is not in its
    /// own thread.)
    pub async fn thread_root(
        &self,
        event: &Arc<Stored>,
    ) -> Result<Option<OwnedEventId>, RoomError> {
        let mut event = Arc::clone(event);
        for _ in 0..HOPS {
            let Some(relation) = event.relation() else { return Ok(None) };
            if relation.kin() == Kin::Reply {
                return Ok(Some(relation.parent));
            }
            match self.event_in(event.room, &relation.parent).await? {
                Some(parent) => event = parent,
                None => return Ok(None),
            }
        }
        Ok(None)
    }

    /// Refuses an event that is neither a thread's root nor in the thread.
    pub(crate) async fn require_in_thread(
        &self,
        event: &Arc<Stored>,
        root: &str,
    ) -> Result<(), RoomError> {
        if self.is_in_thread(event, root).await? {
            return Ok(());
        }
        Err(RoomError::InvalidParameter(format!("the event is not in the thread of {root}")))
    }

    async fn is_in_thread(&self, event: &Arc<Stored>, root: &str) -> Result<bool, RoomError> {
        let mut event = Arc::clone(event);
        for _ in 0..=HOPS {
            // What was redacted no longer says where it belongs.
            if event.id() == root || event.redacted_by.is_some() {
                return Ok(true);
            }
            let Some(relation) = event.relation() else { return Ok(false) };
            if relation.kin() == Kin::Reply {
                return Ok(relation.parent == root);
            }
            match self.event_in(event.room, &relation.parent).await? {
                Some(parent) => event = parent,
                None => return Ok(false),
            }
        }
        Ok(false)
    }
}
