//! Finding an event by its id alone, for whoever has to do with its room.

use ruma_common::{EventId, OwnedDeviceId, UserId};

use crate::error::RoomError;
use crate::event::key_of_id;
use crate::load::Rooms;
use crate::tables::EVENT_IDS;
use crate::view::{Shown, Viewer};

impl Rooms {
    /// The event of an id in any room that a person has to do with, if they may see it.
    pub async fn find_event(
        &self,
        user: &UserId,
        device: Option<OwnedDeviceId>,
        event_id: &EventId,
    ) -> Result<Option<(Viewer, Shown)>, RoomError> {
        let standings = self.standings(user).await?;
        let keys: Vec<_> =
            standings.iter().map(|standing| (standing.room, key_of_id(event_id))).collect();
        let found = EVENT_IDS.get_many(&self.0.store, &keys).await?;
        let Some((room, no)) =
            keys.iter().zip(found).find_map(|((room, _), no)| Some((*room, no?)))
        else {
            return Ok(None);
        };
        let room = self.room_by_number(room).await?;
        let viewer = match self.reader(user, &room.id, device).await {
            Ok(viewer) => viewer,
            Err(RoomError::Forbidden(_) | RoomError::UnknownRoom(_)) => return Ok(None),
            Err(error) => return Err(error),
        };
        let Some(event) = self.events(&[no]).await?.pop() else { return Ok(None) };
        Ok(viewer.show(&event).await?.map(|shown| (viewer, shown)))
    }
}
