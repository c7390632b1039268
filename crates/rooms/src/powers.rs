//! Who may do what in a room, read from its state.

use rules::power::PowerLevels;
use ruma_common::UserId;

use crate::append::Writing;
use crate::error::RoomError;
use crate::event::damaged;
use crate::room::{Current, Room};
use crate::tables::Membership;

impl Current {
    /// The power levels in force.
    pub fn powers(&self, room: &Room) -> Result<PowerLevels, RoomError> {
        let create = self.get("m.room.create", "");
        let create = create.ok_or_else(|| damaged(&"room without m.room.create"))?;
        let levels = self.get("m.room.power_levels", "");
        Ok(PowerLevels::from_state(&create.pdu, levels.map(|event| &event.pdu), &room.rules))
    }
}

impl Writing {
    pub(crate) fn powers(&self) -> Result<PowerLevels, RoomError> {
        self.current.powers(&self.room)
    }

    /// Whether a person in the room may set state of a type there.
    pub(crate) fn may_set(&self, user: &UserId, kind: &str) -> Result<bool, RoomError> {
        let powers = self.powers()?;
        let joined = self.current.membership(user) == Membership::Join;
        Ok(joined && powers.level_of(user) >= powers.to_set(kind))
    }
}
