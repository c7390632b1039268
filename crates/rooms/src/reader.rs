//! Who may read a room: whoever is in it, whoever was, and everybody where it is open to the world.

use std::sync::Arc;

use ruma_common::{OwnedDeviceId, RoomId, UserId};
use ruma_events::room::member::MembershipState;

use crate::error::RoomError;
use crate::event::Stored;
use crate::load::Rooms;
use crate::room::Current;
use crate::tables::Membership;
use crate::view::Viewer;

impl Rooms {
    /// A person looking at a room that they may read; how much of it, each event decides.
    pub async fn reader(
        &self,
        user: &UserId,
        room_id: &RoomId,
        device: Option<OwnedDeviceId>,
    ) -> Result<Viewer, RoomError> {
        let room = self.room_for(user, room_id).await?;
        let current = room.current();
        let reads = current.membership(user) == Membership::Join
            || current.is_world_readable()
            || (self.departure(&current, user).await?.is_some()
                && !self.is_forgotten(user, &room).await?);
        if reads {
            return Ok(self.viewer(&room, user, device));
        }
        Err(RoomError::not_in(room_id))
    }

    /// The event by which a person who is not in a room went out of it, if they ever were in it:
    /// an invitation that was declined is no departure.
    pub(crate) async fn departure(
        &self,
        current: &Current,
        user: &UserId,
    ) -> Result<Option<Arc<Stored>>, RoomError> {
        let Some(last) = current.get("m.room.member", user.as_str()) else { return Ok(None) };
        let mut event = Arc::clone(last);
        while let Some(replaced) = event.replaces {
            let Some(before) = self.events(&[replaced]).await?.pop() else { break };
            if before.pdu.membership() == Some(MembershipState::Join) {
                return Ok(Some(event));
            }
            event = before;
        }
        Ok(None)
    }
}
