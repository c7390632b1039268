//! The state of a room just before or just after one of its events, from the state trees.
//!
//! What a client is told of a room's state is what the trees say it was, never what it happens to
//! be while the answer is made.

use std::sync::Arc;

use base::number::EventNo;
use rooms::{Current, Membership, RoomError, Rooms, StateKey, Stored};
use rules::tree::NodeNo;
use ruma_common::UserId;

/// How a person stands to a room, and the event that says so.
pub(crate) type Standing = (Membership, Arc<Stored>);

/// A state key, and its event now.
pub(crate) type StateChange = (StateKey, EventNo);

/// A room's state at a moment. The default is that of a room with nothing in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Moment(Option<NodeNo>);

impl Moment {
    /// Just before an event.
    pub(crate) fn before(event: &Stored) -> Self {
        Self(event.state_before())
    }

    /// Just after an event.
    pub(crate) fn after(event: &Stored) -> Self {
        Self(event.state_after())
    }

    /// Whether this is how a room is now.
    pub(crate) fn is(self, current: &Current) -> bool {
        self.0.is_some() && self.0 == current.root()
    }

    /// The state event of a key.
    pub(crate) async fn get(
        self,
        rooms: &Rooms,
        key: &StateKey,
    ) -> Result<Option<EventNo>, RoomError> {
        rooms.state_at(self.0, key).await
    }

    /// How a person stood to the room.
    pub(crate) async fn standing(
        self,
        rooms: &Rooms,
        user: &UserId,
    ) -> Result<Option<Standing>, RoomError> {
        let Some(no) = self.get(rooms, &member_key(user)).await? else { return Ok(None) };
        let event = rooms.events(&[no]).await?.pop();
        Ok(event.and_then(|event| Some((membership(&event)?, event))))
    }

    /// Everything.
    pub(crate) async fn whole(self, rooms: &Rooms) -> Result<Vec<StateChange>, RoomError> {
        rooms.whole_state_at(self.0).await
    }

    /// What is otherwise than it was at an earlier moment.
    pub(crate) async fn since(
        self,
        rooms: &Rooms,
        earlier: Self,
    ) -> Result<Vec<StateChange>, RoomError> {
        let changes = rooms.state_between(earlier.0, self.0).await?;
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
