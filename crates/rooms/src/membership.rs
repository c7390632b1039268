//! Coming and going: join, leave, invite, remove, ban, forget.

use std::sync::Arc;

use base::change::Change;
use rules::build::Draft;
use ruma_common::{RoomId, UserId};
use serde_json::{Map, Value};
use store::{Batch, Prefix};

use crate::create::Direct;
use crate::error::RoomError;
use crate::load::Rooms;
use crate::room::Room;
use crate::tables::{MEMBERSHIPS, Membership};

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
        let room = self.room(room_id).await?;
        let mut writing = self.write(room).await?;
        let now = writing.current.membership(change.of);
        let mut content = change.profile.content(change.to);
        if change.to == Membership::Join && now == Membership::Join {
            let shown = writing.current.get("m.room.member", change.of.as_str());
            let shown = shown.and_then(|event| event.pdu.content_as::<Value>().ok());
            if shown == Some(Value::Object(content.clone())) {
                return Ok(());
            }
        }
        if now == Membership::Leave && change.to == Membership::Leave {
            return Err(RoomError::Forbidden(format!("{} is not in the room", change.of)));
        }
        if change.to == Membership::Join
            && !matches!(now, Membership::Join | Membership::Invite)
            && let Some(voucher) = self.voucher(&writing.room, &writing.current, change.of).await?
        {
            let key = "join_authorised_via_users_server";
            content.insert(key.to_owned(), voucher.as_str().into());
        }
        if let Some(reason) = change.reason {
            content.insert("reason".to_owned(), reason.into());
        }
        let draft = Draft::state("m.room.member", change.of.as_str(), Value::Object(content));
        writing.append(change.by, draft, None).await?;
        writing.commit().await.map(drop)
    }

    /// Puts somebody out of a room, or takes an invitation back.
    pub async fn kick(
        &self,
        by: &UserId,
        room_id: &RoomId,
        of: &UserId,
        reason: Option<String>,
    ) -> Result<(), RoomError> {
        let room = self.room(room_id).await?;
        self.require_joined(&room, by)?;
        // A kick must not lift a ban: both end in the same membership.
        if matches!(room.current().membership(of), Membership::Leave | Membership::Ban) {
            return Err(RoomError::Forbidden(format!("{of} is not in the room")));
        }
        let (to, profile) = (Membership::Leave, MemberProfile::default());
        self.change_membership(room_id, MembershipChange { by, of, to, reason, profile }).await
    }

    /// Lifts a ban.
    pub async fn unban(
        &self,
        by: &UserId,
        room_id: &RoomId,
        of: &UserId,
        reason: Option<String>,
    ) -> Result<(), RoomError> {
        let room = self.room(room_id).await?;
        self.require_joined(&room, by)?;
        if room.current().membership(of) != Membership::Ban {
            return Err(RoomError::BadState(format!("{of} is not banned")));
        }
        let (to, profile) = (Membership::Leave, MemberProfile::default());
        self.change_membership(room_id, MembershipChange { by, of, to, reason, profile }).await
    }

    /// Shows a new name or picture in every room that the person is in.
    pub async fn update_profile(
        &self,
        user: &UserId,
        profile: &MemberProfile,
    ) -> Result<(), RoomError> {
        for room in self.rooms_of(user, Membership::Join).await? {
            let mut writing = self.write(room).await?;
            if writing.current.membership(user) != Membership::Join {
                continue;
            }
            let draft = Draft::state("m.room.member", user.as_str(), profile.joining());
            match writing.append(user, draft, None).await {
                Ok(_) => drop(writing.commit().await?),
                // A room whose rules forbid it keeps the old name.
                Err(RoomError::Forbidden(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Takes a room that the person left out of their lists for good.
    pub async fn forget(&self, user: &UserId, room_id: &RoomId) -> Result<(), RoomError> {
        let room = self.room(room_id).await?;
        let key = (user.to_string(), room.no);
        let row = MEMBERSHIPS.get(&self.0.store, &key).await?;
        let Some(row) = row else { return Err(RoomError::UnknownRoom(room_id.to_owned())) };
        if !matches!(row.membership, Membership::Leave | Membership::Ban) {
            return Err(RoomError::Invalid("leave the room before forgetting it".to_owned()));
        }
        let mut batch = Batch::new();
        MEMBERSHIPS.check_equals(&mut batch, &key, &row)?;
        MEMBERSHIPS.put(
            &mut batch,
            &key,
            &crate::tables::MembershipRow { forgotten: true, ..row },
        )?;
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
        let rows = MEMBERSHIPS.all(&self.0.store, &Prefix::of(&user.to_string())).await?;
        let mut rooms = Vec::with_capacity(rows.len());
        for ((_, no), row) in rows.into_iter().filter(|(_, row)| !row.forgotten) {
            rooms.push((self.room_by_number(no).await?, row.membership));
        }
        Ok(rooms)
    }

    /// Refuses who is not in the room.
    pub async fn require_member(&self, user: &UserId, room_id: &RoomId) -> Result<(), RoomError> {
        self.require_joined(&*self.room(room_id).await?, user)
    }

    /// A plain refusal when the person is not in the room.
    pub(crate) fn require_joined(&self, room: &Room, user: &UserId) -> Result<(), RoomError> {
        if room.current().membership(user) == Membership::Join {
            return Ok(());
        }
        Err(RoomError::Forbidden(format!("{user} is not in the room")))
    }
}
