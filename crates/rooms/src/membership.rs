//! Coming and going: join, leave, invite, remove, ban, forget.

use std::sync::Arc;

use base::change::Change;
use base::number::{EventNo, RoomNo, TimelineOrd};
use futures_util::{StreamExt, TryStreamExt};
use rules::build::Draft;
use ruma_common::{OwnedRoomId, RoomId, UserId};
use serde_json::{Map, Value};
use store::{Batch, Prefix};

use crate::append::Writing;
use crate::commit::deciding;
use crate::create::Direct;
use crate::error::RoomError;
use crate::event::damaged;
use crate::load::Rooms;
use crate::room::{Current, Room};
use crate::tables::{MEMBERSHIPS, Membership, MembershipRow, ROOMS};

/// Rooms written at once when a name changes in all of them.
const ROOMS_AT_ONCE: usize = 16;

/// Name and picture that a person shows in a room.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemberProfile {
    /// `displayname`.
    pub name: Option<String>,
    /// `avatar_url`.
    pub avatar: Option<String>,
}

impl MemberProfile {
    fn content(&self, membership: Membership) -> Map<String, Value> {
        let mut content = Map::new();
        content.insert("membership".to_owned(), membership.as_str().into());
        if let Some(name) = &self.name {
            content.insert("displayname".to_owned(), name.as_str().into());
        }
        if let Some(avatar) = &self.avatar {
            content.insert("avatar_url".to_owned(), avatar.as_str().into());
        }
        content
    }

    pub(crate) fn joining(&self) -> Value {
        Value::Object(self.content(Membership::Join))
    }

    pub(crate) fn invited(&self, direct: Direct) -> Value {
        let mut content = self.content(Membership::Invite);
        if direct == Direct::Yes {
            content.insert("is_direct".to_owned(), true.into());
        }
        Value::Object(content)
    }
}

/// How a person stands to a room, and since which event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The room.
    pub room: RoomNo,
    /// How they stand to it.
    pub membership: Membership,
    /// The event that made it so.
    pub event: EventNo,
    /// Its place.
    pub ord: TimelineOrd,
    /// Whether they took the room out of their lists.
    pub forgotten: bool,
}

/// What must hold of a room, and of a membership in it, for the membership to be changed.
type Condition<'a> = dyn Fn(&Current, Membership) -> Result<(), RoomError> + Sync + 'a;

/// A change of somebody's membership by somebody.
#[derive(Clone, Debug)]
pub struct MembershipChange<'a> {
    /// Who changes it.
    pub by: &'a UserId,
    /// Whose it is.
    pub of: &'a UserId,
    /// To what.
    pub to: Membership,
    /// Why, in the person's words.
    pub reason: Option<String>,
    /// What `of` shows in the room, for a join or an invitation.
    pub profile: MemberProfile,
}

impl Rooms {
    /// Changes a membership. Changing it to what it is does nothing and succeeds, for a join or an
    /// invitation.
    pub async fn change_membership(
        &self,
        room_id: &RoomId,
        change: MembershipChange<'_>,
    ) -> Result<(), RoomError> {
        self.change_from(room_id, &change, &|_, _| Ok(())).await
    }

    /// Lets a guest come into a room, which must be open to guests. (Specification: "Guest access".)
    pub async fn join_as_guest(
        &self,
        guest: &UserId,
        room_id: &RoomId,
        reason: Option<String>,
        profile: MemberProfile,
    ) -> Result<(), RoomError> {
        let change =
            MembershipChange { by: guest, of: guest, to: Membership::Join, reason, profile };
        let open = |current: &Current, _| {
            if current.is_open_to_guests() { Ok(()) } else { Err(RoomError::NoGuests) }
        };
        self.change_from(room_id, &change, &open).await
    }

    /// Has a guest leave a room that is not open to guests any more; nothing, when it is.
    pub async fn expel_guest(&self, guest: &UserId, room_id: &RoomId) -> Result<(), RoomError> {
        let (to, profile) = (Membership::Leave, MemberProfile::default());
        let change = MembershipChange { by: guest, of: guest, to, reason: None, profile };
        let expelled = |current: &Current, now| match now {
            Membership::Join if !current.is_open_to_guests() => Ok(()),
            _ => Err(RoomError::NoGuests),
        };
        match self.change_from(room_id, &change, &expelled).await {
            // They may stay, or are gone already.
            Ok(()) | Err(RoomError::NoGuests) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Puts somebody out of a room, or takes an invitation back.
    pub async fn kick(
        &self,
        by: &UserId,
        room_id: &RoomId,
        of: &UserId,
        reason: Option<String>,
    ) -> Result<(), RoomError> {
        let (to, profile) = (Membership::Leave, MemberProfile::default());
        let change = MembershipChange { by, of, to, reason, profile };
        // A kick must not lift a ban: both end in the same membership.
        let there = |_: &Current, now| match now {
            Membership::Leave | Membership::Ban => {
                Err(RoomError::Forbidden(format!("{of} is not in the room")))
            }
            Membership::Join | Membership::Invite | Membership::Knock => Ok(()),
        };
        self.require_member(by, room_id).await?;
        self.change_from(room_id, &change, &there).await
    }

    /// Lifts a ban.
    pub async fn unban(
        &self,
        by: &UserId,
        room_id: &RoomId,
        of: &UserId,
        reason: Option<String>,
    ) -> Result<(), RoomError> {
        let (to, profile) = (Membership::Leave, MemberProfile::default());
        let change = MembershipChange { by, of, to, reason, profile };
        let banned = |_: &Current, now| match now {
            Membership::Ban => Ok(()),
            _ => Err(RoomError::BadState(format!("{of} is not banned"))),
        };
        self.change_from(room_id, &change, &banned).await
    }

    /// Changes a membership that `from` lets be changed, in a room as it is then.
    async fn change_from(
        &self,
        room_id: &RoomId,
        change: &MembershipChange<'_>,
        from: &Condition<'_>,
    ) -> Result<(), RoomError> {
        let room = self.room(room_id).await?;
        self.decide(&room, |writing| self.change_once(writing, change, from)).await
    }

    pub(crate) async fn change_once(
        &self,
        mut writing: Writing,
        change: &MembershipChange<'_>,
        from: &Condition<'_>,
    ) -> Result<(), RoomError> {
        if change.by != change.of {
            writing.require_joined(change.by)?;
        }
        let now = writing.current.membership(change.of);
        from(&writing.current, now)?;
        let mut content = change.profile.content(change.to);
        if let Some(reason) = &change.reason {
            content.insert("reason".to_owned(), reason.as_str().into());
        }
        if matches!(change.to, Membership::Join | Membership::Invite) && change.to == now {
            let shown = writing.current.get("m.room.member", change.of.as_str());
            let shown = shown.and_then(|event| event.pdu.content_as::<Value>().ok());
            if shown == Some(Value::Object(content.clone())) {
                return writing.leave().await;
            }
        }
        if now == Membership::Leave && change.to == Membership::Leave {
            return Err(RoomError::not_in(&writing.room.id));
        }
        self.vouch(&mut writing, change.of, &mut content).await?;
        let draft = Draft::state("m.room.member", change.of.as_str(), Value::Object(content));
        writing.append(change.by, draft, None).await?;
        writing.commit().await
    }

    /// Shows a new name or picture in every room that the person is in.
    pub async fn update_profile(
        &self,
        user: &UserId,
        profile: &MemberProfile,
    ) -> Result<(), RoomError> {
        let rooms = self.rooms_of(user, Membership::Join).await?;
        let each = rooms.into_iter().map(|room| async move {
            self.decide(&room, |writing| update_profile_in(writing, user, profile)).await
        });
        futures_util::stream::iter(each).buffer_unordered(ROOMS_AT_ONCE).try_collect().await
    }

    /// Takes a room that the person left out of their lists for good.
    pub async fn forget(&self, user: &UserId, room_id: &RoomId) -> Result<(), RoomError> {
        let room = self.room(room_id).await?;
        deciding(|| self.forget_once(user, &room)).await
    }

    async fn forget_once(&self, user: &UserId, room: &Room) -> Result<(), RoomError> {
        let key = (user.to_string(), room.no);
        let row = MEMBERSHIPS.get(&self.0.store, &key).await?;
        let row = row.ok_or_else(|| RoomError::UnknownRoom(room.id.clone()))?;
        if !matches!(row.membership, Membership::Leave | Membership::Ban) {
            return Err(RoomError::Invalid("leave the room before forgetting it".to_owned()));
        }
        if row.forgotten {
            return Ok(());
        }
        let mut batch = Batch::new();
        MEMBERSHIPS.check_equals(&mut batch, &key, &row)?;
        MEMBERSHIPS.put(&mut batch, &key, &MembershipRow { forgotten: true, ..row })?;
        journal::record(&mut batch, &Change::Forgotten { user: user.to_owned(), room: room.no })?;
        self.0.store.commit(batch).await?;
        Ok(())
    }

    /// Whether the person took the room out of their lists.
    pub async fn is_forgotten(&self, user: &UserId, room: &Room) -> Result<bool, RoomError> {
        let row = MEMBERSHIPS.get(&self.0.store, &(user.to_string(), room.no)).await?;
        Ok(row.is_some_and(|row| row.forgotten))
    }

    /// Rooms to which a person stands so.
    pub async fn rooms_of(
        &self,
        user: &UserId,
        membership: Membership,
    ) -> Result<Vec<Arc<Room>>, RoomError> {
        let mut rooms = Vec::new();
        for (room, standing) in self.memberships(user).await? {
            if standing == membership {
                rooms.push(room);
            }
        }
        Ok(rooms)
    }

    /// Every room that a person has to do with and has not forgotten.
    pub async fn memberships(
        &self,
        user: &UserId,
    ) -> Result<Vec<(Arc<Room>, Membership)>, RoomError> {
        let standings = self.standings(user).await?;
        let mut rooms = Vec::with_capacity(standings.len());
        for standing in standings.iter().filter(|standing| !standing.forgotten) {
            rooms.push((self.room_by_number(standing.room).await?, standing.membership));
        }
        Ok(rooms)
    }

    /// How a person stands to every room that they ever had to do with. Loads no room.
    pub async fn standings(&self, user: &UserId) -> Result<Vec<Standing>, RoomError> {
        let rows = MEMBERSHIPS.all(&self.0.store, &Prefix::of(&user.to_string())).await?;
        let standing = |((_, room), row): ((String, RoomNo), MembershipRow)| Standing {
            room,
            membership: row.membership,
            event: row.event,
            ord: row.ord,
            forgotten: row.forgotten,
        };
        Ok(rows.into_iter().map(standing).collect())
    }

    /// Ids of the rooms that a person is in. Loads no room.
    pub async fn joined_rooms(&self, user: &UserId) -> Result<Vec<OwnedRoomId>, RoomError> {
        let standings = self.standings(user).await?;
        let joined = standings.iter().filter(|standing| standing.membership == Membership::Join);
        let numbers: Vec<_> = joined.map(|standing| standing.room).collect();
        let rows = ROOMS.get_many(&self.0.store, &numbers).await?;
        let ids = rows
            .into_iter()
            .flatten()
            .map(|row| OwnedRoomId::try_from(row.room_id).map_err(|error| damaged(&error)));
        ids.collect()
    }

    /// Refuses who is not in the room.
    pub async fn require_member(&self, user: &UserId, room_id: &RoomId) -> Result<(), RoomError> {
        self.room_of(user, room_id).await.map(drop)
    }

    /// A room that a person is in. Refuses who is not.
    pub(crate) async fn room_of(
        &self,
        user: &UserId,
        room_id: &RoomId,
    ) -> Result<Arc<Room>, RoomError> {
        let room = self.room_for(user, room_id).await?;
        room.current().require_joined(user, room_id)?;
        Ok(room)
    }

    /// A room as a person finds it. Who is not in it as far as memory goes may have come in on
    /// another node a moment ago: then the store is asked.
    pub(crate) async fn room_for(
        &self,
        user: &UserId,
        room_id: &RoomId,
    ) -> Result<Arc<Room>, RoomError> {
        let room = self.room(room_id).await?;
        if room.current().membership(user) != Membership::Join {
            self.bring_up(&room).await?;
        }
        Ok(room)
    }
}

impl Current {
    /// A plain refusal when the person is not in the room.
    pub(crate) fn require_joined(&self, user: &UserId, room: &RoomId) -> Result<(), RoomError> {
        if self.membership(user) == Membership::Join {
            return Ok(());
        }
        Err(RoomError::not_in(room))
    }
}

async fn update_profile_in(
    mut writing: Writing,
    user: &UserId,
    profile: &MemberProfile,
) -> Result<(), RoomError> {
    if writing.current.membership(user) != Membership::Join {
        return writing.leave().await;
    }
    let draft = Draft::state("m.room.member", user.as_str(), profile.joining());
    match writing.append(user, draft, None).await {
        Ok(_) => writing.commit().await,
        // A room whose rules forbid it keeps the old name.
        Err(RoomError::Forbidden(_)) => writing.leave().await,
        Err(error) => Err(error),
    }
}
