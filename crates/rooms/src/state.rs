//! Reading a room's state and its members.

use std::collections::BTreeMap;
use std::sync::Arc;

use ruma_common::{EventId, OwnedUserId, RoomId, UserId};
use serde_json::Value;

use crate::error::RoomError;
use crate::event::Stored;
use crate::load::Rooms;
use crate::membership::MemberProfile;
use crate::room::Room;
use crate::room::StateKey;
use crate::tables::Membership;
use crate::token::TimelineToken;
use crate::view::{Shown, Viewer};

/// Which members are asked for (`GET /rooms/{roomId}/members`): whoever either field admits,
/// everybody when there is neither.
#[derive(Clone, Copy, Debug, Default)]
pub struct MemberFilter {
    /// Those.
    pub only: Option<Membership>,
    /// All but those.
    pub except: Option<Membership>,
}

impl MemberFilter {
    fn admits(self, membership: Membership) -> bool {
        match (self.only, self.except) {
            (None, None) => true,
            (only, except) => {
                only == Some(membership) || except.is_some_and(|except| except != membership)
            }
        }
    }
}

impl Rooms {
    /// The state that a person may see: as it is for who is in the room, as it was when they left
    /// for who left.
    pub async fn state(
        &self,
        user: &UserId,
        room_id: &RoomId,
    ) -> Result<Vec<Arc<Stored>>, RoomError> {
        let room = self.room_for(user, room_id).await?;
        let current = room.current();
        if current.membership(user) == Membership::Join {
            return Ok(current.state.values().cloned().collect());
        }
        let left = self.departure(&current, user).await?;
        let forgotten = self.is_forgotten(user, &room).await?;
        let Some(left) = left.filter(|_| !forgotten) else {
            if current.is_world_readable() {
                return Ok(current.state.values().cloned().collect());
            }
            return Err(RoomError::not_in(&room.id));
        };
        let entries = self.whole_state_at(left.state_after).await?;
        let numbers: Vec<_> = entries.into_iter().map(|(_, no)| no).collect();
        self.events(&numbers).await
    }

    /// One state event of a room.
    pub async fn state_event(
        &self,
        user: &UserId,
        room_id: &RoomId,
        key: StateKey,
    ) -> Result<Arc<Stored>, RoomError> {
        let missing = format!("no state {} {}", key.0, key.1);
        let room = self.room_for(user, room_id).await?;
        let current = room.current();
        if current.membership(user) == Membership::Join {
            let found = current.state.get(&key).cloned();
            return found.ok_or(RoomError::NotFound(missing));
        }
        let events = self.state(user, room_id).await?;
        let same = |event: &Arc<Stored>| {
            event.kind() == key.0 && event.pdu.state_key() == Some(key.1.as_str())
        };
        events.into_iter().find(same).ok_or(RoomError::NotFound(missing))
    }

    /// Membership events of a room, now or (for who is in it) at a place of its timeline.
    pub async fn members(
        &self,
        user: &UserId,
        room_id: &RoomId,
        (filter, at): (MemberFilter, Option<TimelineToken>),
    ) -> Result<Vec<Arc<Stored>>, RoomError> {
        let room = self.room_for(user, room_id).await?;
        let mut events = match at {
            Some(token) => self.state_as_of(&room, user, token).await?,
            None => self.state(user, room_id).await?,
        };
        events.retain(|event| {
            let membership = event.pdu.membership().and_then(|value| Membership::parse(&value));
            event.kind() == "m.room.member" && membership.is_some_and(|m| filter.admits(m))
        });
        events.sort_by_key(|event| event.ord);
        Ok(events)
    }

    /// The state as it was, for who is in the room and may see what was said then; the state that
    /// they may see otherwise.
    async fn state_as_of(
        &self,
        room: &Arc<Room>,
        user: &UserId,
        token: TimelineToken,
    ) -> Result<Vec<Arc<Stored>>, RoomError> {
        if room.current().membership(user) == Membership::Join {
            let place = self.place(room, token).await?;
            if let Some(event) = self.newest(room, None, place, 1).await?.pop()
                && self.viewer(room, user, None).show(&event).await?.is_some()
            {
                return self.state_at_place(room, place).await;
            }
        }
        self.state(user, &room.id).await
    }

    /// Who has joined, with what they show.
    pub async fn joined_members(
        &self,
        user: &UserId,
        room_id: &RoomId,
    ) -> Result<BTreeMap<OwnedUserId, MemberProfile>, RoomError> {
        self.require_member(user, room_id).await?;
        let only = MemberFilter { only: Some(Membership::Join), except: None };
        let events = self.members(user, room_id, (only, None)).await?;
        let text = |content: &Value, key: &str| Some(content.get(key)?.as_str()?.to_owned());
        let entries = events.iter().filter_map(|event| {
            let user = UserId::parse(event.pdu.state_key()?).ok()?;
            let content: Value = event.pdu.content_as().ok()?;
            let name = text(&content, "displayname");
            Some((user, MemberProfile { name, avatar: text(&content, "avatar_url") }))
        });
        Ok(entries.collect())
    }

    /// One event that a person may see; as unknown as one that is not there otherwise.
    pub async fn event(&self, viewer: &Viewer, event_id: &EventId) -> Result<Shown, RoomError> {
        let missing = || RoomError::NotFound(format!("event {event_id} is not to be seen"));
        let event = self.event_in(viewer.room().no, event_id).await?.ok_or_else(missing)?;
        viewer.show(&event).await?.ok_or_else(missing)
    }

    /// Whether two people are in a room together: then they see each other's devices.
    pub async fn share_a_room(&self, one: &UserId, other: &UserId) -> Result<bool, RoomError> {
        for room in self.rooms_of(one, Membership::Join).await? {
            if room.current().membership(other) == Membership::Join {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
