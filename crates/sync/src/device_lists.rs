//! Whose devices a client must ask for anew, and whose it need not follow any more.
//!
//! `spec/content/client-server-api/modules/end_to_end_encryption.md`, "Extensions to /sync".

use std::collections::BTreeSet;

use base::number::RoomNo;
use rooms::{Current, Membership, RoomError};
use ruma_common::{OwnedUserId, UserId};

use crate::answer::DeviceLists;
use crate::cell::Moved;
use crate::make::{Maker, RoomNews};
use crate::moment::{Standing, StateChange};
use crate::section::Visit;
use crate::{SyncError, Token};

/// People whom the person met or parted from, in encrypted rooms.
#[derive(Default)]
pub(crate) struct Encounters {
    /// Who came.
    pub(crate) met: BTreeSet<OwnedUserId>,
    /// Whoever shares a room with the person only now, in whatever room.
    pub(crate) present: BTreeSet<OwnedUserId>,
    /// Who went, and from where.
    pub(crate) parted: BTreeSet<(OwnedUserId, RoomNo)>,
}

impl Maker<'_> {
    /// Whose devices changed since a token, without the answer that tells of all the rest.
    pub(crate) async fn device_changes(&self, since: Token) -> Result<DeviceLists, SyncError> {
        let moved = self.moved_in_journal(since).await?;
        self.device_changes_of(moved).await
    }

    /// Whose devices changed by what moved.
    pub(crate) async fn device_changes_of(&self, moved: Moved) -> Result<DeviceLists, SyncError> {
        let mut encounters = Encounters::default();
        for (no, in_room) in moved.rooms.into_iter().filter(|(_, in_room)| in_room.events) {
            let room = match self.sources.rooms.room_by_number(no).await {
                Ok(room) => room,
                // Whoever was met there is asked about again when they are met.
                Err(RoomError::Deleted(_)) => continue,
                Err(error) => return Err(error.into()),
            };
            let news = RoomNews { moved: in_room, ..RoomNews::default() };
            let Some(visit) = self.visit(&room, news).await? else { continue };
            let current = visit.current().await?;
            if visit.is.0 == Membership::Join {
                visit.meet(&current, &visit.changes().await?, &mut encounters).await?;
            } else if visit.stands_anew() {
                visit.part(&current, &mut encounters);
            }
        }
        self.device_lists(moved.device_lists, encounters).await
    }

    /// What is told of device lists.
    pub(crate) async fn device_lists(
        &self,
        changed: Vec<OwnedUserId>,
        encounters: Encounters,
    ) -> Result<DeviceLists, SyncError> {
        let Encounters { met, parted, .. } = encounters;
        let mut changed: BTreeSet<_> = changed.into_iter().chain(met).collect();
        let mut left = BTreeSet::new();
        for (user, _) in &parted {
            if *user != self.seat.user && !self.still_shares(user, &parted).await? {
                changed.remove(user);
                left.insert(user.clone());
            }
        }
        let (changed, left) = (changed.into_iter().collect(), left.into_iter().collect());
        Ok(DeviceLists { changed, left })
    }

    /// Whether the person is in an encrypted room with another one, from which they did not part.
    async fn still_shares(
        &self,
        other: &OwnedUserId,
        parted: &BTreeSet<(OwnedUserId, RoomNo)>,
    ) -> Result<bool, SyncError> {
        for no in self.seat.joined() {
            let current = self.sources.rooms.room_by_number(no).await?.current();
            let there = current.membership(other) == Membership::Join && current.is_encrypted();
            if there && !parted.contains(&(other.clone(), no)) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl Visit<'_> {
    /// Whom the person met or parted from in a room that they are in.
    pub(crate) async fn meet(
        &self,
        current: &Current,
        changes: &[StateChange],
        encounters: &mut Encounters,
    ) -> Result<(), SyncError> {
        if self.maker.since.is_none() || !current.is_encrypted() {
            return Ok(());
        }
        let encrypted_now = changes.iter().any(|((kind, _), _)| kind == "m.room.encryption");
        if !self.was_in() || encrypted_now {
            let others = joined(current).filter(|user| *user != self.maker.seat.user);
            encounters.met.extend(others);
        }
        let rooms = &self.maker.sources.rooms;
        let there = |standing: Option<Standing>| {
            standing.is_some_and(|(standing, _)| standing == Membership::Join)
        };
        for ((_, key), _) in changes.iter().filter(|((kind, _), _)| kind == "m.room.member") {
            let Ok(user) = UserId::parse(key) else { continue };
            let was = there(self.before.standing(rooms, &user).await?);
            let is = there(self.after.standing(rooms, &user).await?);
            if is && !was {
                encounters.met.insert(user);
            } else if was && !is {
                encounters.parted.insert((user, self.room.no));
            }
        }
        Ok(())
    }

    /// The person parted from everybody in a room that they went out of.
    pub(crate) fn part(&self, current: &Current, encounters: &mut Encounters) {
        if self.maker.since.is_some() && self.was_in() && current.is_encrypted() {
            let others = joined(current).map(|user| (user, self.room.no));
            encounters.parted.extend(others);
        }
    }
}

fn joined(current: &Current) -> impl Iterator<Item = OwnedUserId> {
    let joined = current.members.iter().filter(|(_, standing)| **standing == Membership::Join);
    joined.map(|(user, _)| user.clone())
}
