//! The service: whose attention an event calls for.

use std::sync::Arc;

use base::number::TimelineOrd;
use devices::Devices;
use rooms::{Current, Membership, Room, Rooms, Stored};
use ruma_common::UserId;
use ruma_common::push::Action;
use store::Store;
use vault::Vault;

use crate::asked::{Asker, Notice};
use crate::basis::Basis;
use crate::error::AttentionError;

/// Events read at a time.
pub(crate) const PAGE: usize = 500;

/// Whose attention is called for. Cheap to clone.
#[derive(Clone)]
pub struct Attention(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) store: Store,
    pub(crate) vault: Vault,
    pub(crate) rooms: Rooms,
    pub(crate) devices: Devices,
}

impl Attention {
    /// The service over a store, and over rooms and people's rules in it.
    pub fn open(store: Store, rooms: Rooms, devices: Devices) -> Self {
        let vault = devices.vault().clone();
        Self(Arc::new(Inner { store, vault, rooms, devices }))
    }

    /// By what a person's events are asked now.
    pub async fn basis(&self, user: &UserId) -> Result<Basis, AttentionError> {
        let rules = self.0.devices.push_rules(user).await?;
        let ignored = self.0.devices.ignored_people(user).await?;
        Ok(Basis::new(rules, Arc::new(ignored)))
    }

    /// What an event that just came does for a person; none when it does not notify them, or not
    /// any more. `current` is the room's state with the event in it.
    pub async fn actions(
        &self,
        (room, current): (&Room, &Current),
        user: &UserId,
        basis: &Basis,
        event: &Stored,
    ) -> Result<Option<Vec<Action>>, AttentionError> {
        let invites = is_membership_of(event, user)
            && membership(event) == Some(Membership::Invite)
            && current.membership(user) == Membership::Invite;
        let is_there = current.membership(user) == Membership::Join;
        let is_about = is_membership_of(event, user);
        let deaf = event.sender() == user || !basis.hears(user, event.sender());
        if deaf || event.redacted_by.is_some() || !(invites || is_there && !is_about) {
            return Ok(None);
        }
        let rooms = &self.0.rooms;
        let joined = if basis.counts_members {
            let before = TimelineOrd(event.ord.0.saturating_sub(1));
            joined_after(rooms, (room, current), before).await?
        } else {
            current.joined
        };
        let mut asker = Asker::new(rooms, (room, current), user, basis);
        let actions = asker.actions(event, joined).await?;
        Ok(Notice::of(actions).is_some().then(|| actions.to_vec()))
    }

    /// Whether a person has read an event.
    pub async fn is_read(&self, user: &UserId, event: &Stored) -> Result<bool, AttentionError> {
        let read = self.0.rooms.read_up_to(event.room, user).await?;
        let thread = self.0.rooms.thread_of(event).await?;
        Ok(crate::unread::is_read(&read, thread.as_deref().map(AsRef::as_ref), event.ord))
    }
}

/// How many were in a room just after a place: as now, less what came since.
pub(crate) async fn joined_after(
    rooms: &Rooms,
    (room, current): (&Room, &Current),
    place: TimelineOrd,
) -> Result<u64, AttentionError> {
    let (mut joined, mut after) = (current.joined, place);
    loop {
        let events = rooms.oldest(room, after, current.last(), PAGE).await?;
        let Some(last) = events.last() else { return Ok(joined) };
        after = last.ord;
        for event in &events {
            joined = joined.saturating_add_signed(-brought(rooms, event).await?);
        }
    }
}

/// How many more are in a room by an event.
pub(crate) async fn brought(rooms: &Rooms, event: &Stored) -> Result<i64, AttentionError> {
    if event.kind() != "m.room.member" || event.pdu.state_key().is_none() {
        return Ok(0);
    }
    let is_in = membership(event) == Some(Membership::Join);
    let was_in = joined_before(rooms, event).await?.is_some();
    Ok(i64::from(is_in) - i64::from(was_in))
}

/// The event by which somebody was in a room before this event of their membership.
pub(crate) async fn joined_before(
    rooms: &Rooms,
    event: &Stored,
) -> Result<Option<Arc<Stored>>, AttentionError> {
    let Some(replaced) = event.replaces else { return Ok(None) };
    let before = rooms.events(&[replaced]).await?.pop();
    Ok(before.filter(|before| membership(before) == Some(Membership::Join)))
}

/// The event by which a person came to stand to the room as they do: a new name or picture is
/// neither coming nor going.
pub(crate) async fn came(
    rooms: &Rooms,
    current: &Current,
    user: &UserId,
) -> Result<Option<Arc<Stored>>, AttentionError> {
    let Some(member) = current.get("m.room.member", user.as_str()) else { return Ok(None) };
    let mut came = Arc::clone(member);
    if membership(&came) == Some(Membership::Join) {
        while let Some(before) = joined_before(rooms, &came).await? {
            came = before;
        }
    }
    Ok(Some(came))
}

pub(crate) fn is_membership_of(event: &Stored, user: &UserId) -> bool {
    event.kind() == "m.room.member" && event.pdu.state_key() == Some(user.as_str())
}

pub(crate) fn membership(event: &Stored) -> Option<Membership> {
    event.pdu.membership().and_then(|value| Membership::parse(&value))
}
