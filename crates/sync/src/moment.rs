//! The state of a room just before or just after one of its events, from the state trees.
//!
//! What a client is told of a room's state is what the trees say it was, never what it happens to
//! be while the answer is made.

use std::collections::BTreeMap;
use std::sync::Arc;

use base::number::EventNo;
use rooms::{Membership, RoomError, Rooms, StateKey, Stored};
use rules::tree::NodeNo;
use ruma_common::UserId;

/// A room's state at a moment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Moment {
    root: Option<NodeNo>,
    /// What the moment's event put over the tree before it.
    over: Option<(StateKey, EventNo)>,
}

impl Moment {
    /// Just before an event.
    pub(crate) fn before(event: &Stored) -> Self {
        Self { root: event.state_before(), over: None }
    }

    /// Just after an event.
    pub(crate) fn after(event: &Stored) -> Self {
        let key = event.pdu.state_key().map(|key| (event.kind().to_owned(), key.to_owned()));
        Self { root: event.state_before(), over: key.map(|key| (key, event.no)) }
    }

    /// The state event of a key.
    pub(crate) async fn get(
        &self,
        rooms: &Rooms,
        key: &StateKey,
    ) -> Result<Option<EventNo>, RoomError> {
        match &self.over {
            Some((over, event)) if over == key => Ok(Some(*event)),
            _ => rooms.state_at(self.root, key).await,
        }
    }

    /// The event of a state key, read.
    pub(crate) async fn event(
        &self,
        rooms: &Rooms,
        key: &StateKey,
    ) -> Result<Option<Arc<Stored>>, RoomError> {
        match self.get(rooms, key).await? {
            Some(no) => Ok(rooms.events(&[no]).await?.pop()),
            None => Ok(None),
        }
    }

    /// How a person stood to the room, and the event that says so.
    pub(crate) async fn standing(
        &self,
        rooms: &Rooms,
        user: &UserId,
    ) -> Result<Option<(Membership, Arc<Stored>)>, RoomError> {
        let event = self.event(rooms, &member_key(user)).await?;
        Ok(event.and_then(|event| Some((membership(&event)?, event))))
    }

    /// Everything.
    pub(crate) async fn whole(&self, rooms: &Rooms) -> Result<Vec<(StateKey, EventNo)>, RoomError> {
        let mut state = rooms.whole_state_at(self.root).await?;
        if let Some((key, event)) = &self.over {
            state.retain(|(known, _)| known != key);
            state.push((key.clone(), *event));
        }
        Ok(state)
    }

    /// What is otherwise than it was at an earlier moment.
    pub(crate) async fn since(
        &self,
        rooms: &Rooms,
        earlier: &Self,
    ) -> Result<Vec<(StateKey, EventNo)>, RoomError> {
        let changes = rooms.state_between(earlier.root, self.root).await?;
        let mut changes: BTreeMap<_, _> = changes.into_iter().collect();
        for (key, _) in [&self.over, &earlier.over].into_iter().flatten() {
            let now = self.get(rooms, key).await?;
            if earlier.get(rooms, key).await? == now {
                changes.remove(key);
            } else {
                changes.insert(key.clone(), now);
            }
        }
        Ok(changes.into_iter().filter_map(|(key, now)| Some((key, now?))).collect())
    }
}

/// The state key of a person's membership.
pub(crate) fn member_key(user: &UserId) -> StateKey {
    ("m.room.member".to_owned(), user.to_string())
}

/// The membership that an event sets.
pub(crate) fn membership(event: &Stored) -> Option<Membership> {
    event.pdu.membership().and_then(|value| Membership::parse(&value))
}
