//! Which thread an event belongs to, by what it says it relates to.
//!
//! `spec/content/client-server-api/modules/threading.md`: an event in a thread names its root;
//! reactions, edits and the like belong where the event that they are about belongs.

use std::sync::Arc;

use ruma_common::OwnedEventId;
use serde::Deserialize;

use crate::error::RoomError;
use crate::event::Stored;
use crate::load::Rooms;

/// Relations followed at most from an event to its thread.
const HOPS: usize = 3;

#[derive(Deserialize)]
struct Content {
    #[serde(rename = "m.relates_to")]
    relation: Relation,
}

#[derive(Deserialize)]
struct Relation {
    rel_type: String,
    event_id: OwnedEventId,
}

impl Rooms {
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
            let Ok(Content { relation }) = event.pdu.content_as() else { return Ok(false) };
            if relation.rel_type == "m.thread" {
                return Ok(relation.event_id == root);
            }
            match self.event_in(event.room, &relation.event_id).await? {
                Some(parent) => event = parent,
                None => return Ok(false),
            }
        }
        Ok(false)
    }
}
