//! Rooms that let the members of other rooms in (`restricted`, `knock_restricted`).
//!
//! `spec/content/client-server-api`, "Restricted rooms": somebody in the room who may invite
//! vouches for whoever meets a condition.

use ruma_common::room::{AllowRule, JoinRule};
use ruma_common::{OwnedUserId, UserId};
use serde_json::{Map, Value};

use crate::append::Writing;
use crate::error::RoomError;
use crate::load::Rooms;
use crate::room::{Current, Room};
use crate::tables::Membership;

/// Where a membership names who vouches for it.
const VOUCHER: &str = "join_authorised_via_users_server";

impl Rooms {
    /// Writes into a membership who vouches for it, where the room's rule wants that. What a client
    /// says of it counts for nothing: the server signs it, and must have looked itself.
    pub(crate) async fn vouch(
        &self,
        writing: &Writing,
        of: &UserId,
        content: &mut Map<String, Value>,
    ) -> Result<(), RoomError> {
        content.remove(VOUCHER);
        let comes = content.get("membership").is_some_and(|to| to == Membership::Join.as_str());
        let is_let_in =
            matches!(writing.current.membership(of), Membership::Join | Membership::Invite);
        if comes
            && !is_let_in
            && let Some(voucher) = self.voucher(&writing.room, &writing.current, of).await?
        {
            content.insert(VOUCHER.to_owned(), voucher.as_str().into());
        }
        Ok(())
    }

    /// Who vouches for a person, where the room's rule wants it and the person meets it.
    async fn voucher(
        &self,
        room: &Room,
        current: &Current,
        user: &UserId,
    ) -> Result<Option<OwnedUserId>, RoomError> {
        let (JoinRule::Restricted(rule) | JoinRule::KnockRestricted(rule)) = current.join_rule()
        else {
            return Ok(None);
        };
        if !self.is_in_any(user, &rule.allow).await? {
            return Ok(None);
        }
        let powers = current.powers(room)?;
        let ours = |member: &UserId| member.server_name() == self.0.settings.server_name;
        let mut members = current.members.iter();
        let voucher = members.find(|(member, membership)| {
            **membership == Membership::Join
                && ours(member)
                && powers.level_of(member) >= powers.to_invite()
        });
        Ok(voucher.map(|(member, _)| member.clone()))
    }

    /// Whether a person is in one of the rooms that conditions name.
    pub(crate) async fn is_in_any(
        &self,
        user: &UserId,
        conditions: &[AllowRule],
    ) -> Result<bool, RoomError> {
        for condition in conditions {
            let AllowRule::RoomMembership(condition) = condition else { continue };
            match self.room(&condition.room_id).await {
                Ok(room) if room.current().membership(user) == Membership::Join => return Ok(true),
                Ok(_) | Err(RoomError::UnknownRoom(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(false)
    }
}
