//! Rooms that let the members of other rooms in (`restricted`, `knock_restricted`).
//!
//! `spec/content/client-server-api`, "Restricted rooms": somebody in the room who may invite
//! vouches for whoever meets a condition.

use base::number::RoomNo;
use ruma_common::room::{AllowRule, JoinRule};
use ruma_common::{OwnedUserId, UserId};
use serde_json::{Map, Value};

use crate::append::Writing;
use crate::error::RoomError;
use crate::load::Rooms;
use crate::tables::{MEMBERSHIPS, Membership, MembershipRow};

/// Where a membership names who vouches for it.
const VOUCHER: &str = "join_authorised_via_users_server";

impl Rooms {
    /// Writes into a membership who vouches for it, where the room's rule wants that. What a client
    /// says of it counts for nothing: the server signs it, and must have looked itself.
    pub(crate) async fn vouch(
        &self,
        writing: &mut Writing,
        of: &UserId,
        content: &mut Map<String, Value>,
    ) -> Result<(), RoomError> {
        content.remove(VOUCHER);
        let comes = content.get("membership").is_some_and(|to| to == Membership::Join.as_str());
        let is_let_in =
            matches!(writing.current.membership(of), Membership::Join | Membership::Invite);
        if comes
            && !is_let_in
            && let Some(voucher) = self.voucher(writing, of).await?
        {
            content.insert(VOUCHER.to_owned(), voucher.as_str().into());
        }
        Ok(())
    }

    /// Who vouches for a person, where the room's rule wants it and the person meets it.
    async fn voucher(
        &self,
        writing: &mut Writing,
        user: &UserId,
    ) -> Result<Option<OwnedUserId>, RoomError> {
        let (JoinRule::Restricted(rule) | JoinRule::KnockRestricted(rule)) =
            writing.current.join_rule()
        else {
            return Ok(None);
        };
        let Some((key, row)) = self.standing_in_any(user, &rule.allow).await? else {
            return Ok(None);
        };
        // Whoever has left that room meanwhile is not let in.
        MEMBERSHIPS.check_equals(&mut writing.batch, &key, &row)?;
        let current = &writing.current;
        let powers = writing.powers()?;
        let ours = |member: &UserId| member.server_name() == self.0.settings.server_name;
        let mut members = current.members.iter();
        let voucher = members.find(|(member, membership)| {
            **membership == Membership::Join
                && ours(member)
                && powers.level_of(member) >= powers.to_invite()
        });
        Ok(voucher.map(|(member, _)| member.clone()))
    }

    /// The membership of a person, as the store has it, in the first room of those that conditions
    /// name in which they are.
    pub(crate) async fn standing_in_any(
        &self,
        user: &UserId,
        conditions: &[AllowRule],
    ) -> Result<Option<((String, RoomNo), MembershipRow)>, RoomError> {
        let mut keys = Vec::with_capacity(conditions.len());
        for condition in conditions {
            let AllowRule::RoomMembership(condition) = condition else { continue };
            match self.number_of(&condition.room_id).await {
                Ok(room) => keys.push((user.to_string(), room)),
                Err(RoomError::UnknownRoom(_)) => {}
                Err(error) => return Err(error),
            }
        }
        let rows = MEMBERSHIPS.get_many(&self.0.store, &keys).await?;
        let mut standings = keys.into_iter().zip(rows).filter_map(|(key, row)| Some((key, row?)));
        Ok(standings.find(|(_, row)| row.membership == Membership::Join))
    }
}
