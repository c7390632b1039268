//! The sole gate through which an event leaves a room, and the form in which it does.
//!
//! A [`Viewer`] stands for one person looking at one room. It asks the rules of history
//! visibility for each event; what it lets through is a [`Shown`], which nothing else can make.

mod form;

use std::collections::HashSet;
use std::sync::{Arc, OnceLock};

use base::number::TimelineOrd;
use rules::visibility::{HistoryVisibility, Situation, Visible};
use ruma_common::{OwnedDeviceId, OwnedUserId, UserId};
use ruma_events::room::member::MembershipState;
use serde_json::Value;
use tokio::sync::OnceCell;

use crate::error::RoomError;
use crate::event::{Stored, damaged};
use crate::load::Rooms;
use crate::relations::RelatedBy;
use crate::room::{Current, Room};
use crate::tables::Membership;

/// Changes of name and picture followed at most back to when a person came into a room.
const CHANGES: usize = 100;

/// A person, by one device, looking at one room.
pub struct Viewer {
    rooms: Rooms,
    room: Arc<Room>,
    current: Arc<Current>,
    user: OwnedUserId,
    device: Option<OwnedDeviceId>,
    ignored: Arc<HashSet<OwnedUserId>>,
    /// What events must be related to by, to be looked for.
    pub(crate) related: Option<RelatedBy>,
    /// Since when the person is in the room without a break; nothing when they are not.
    since: OnceCell<Option<TimelineOrd>>,
}

/// An event that a person may see.
pub struct Shown {
    event: Visible<Arc<Stored>>,
    /// How the person stood to the room at the event, what the event itself made of it included.
    membership: MembershipState,
}

impl Rooms {
    /// A person looking at a room.
    pub fn viewer(&self, room: &Arc<Room>, user: &UserId, device: Option<OwnedDeviceId>) -> Viewer {
        self.viewer_with((room, room.current()), user, device)
    }

    /// A person looking at a room whose state is known to the caller.
    pub fn viewer_with(
        &self,
        (room, current): (&Arc<Room>, Arc<Current>),
        user: &UserId,
        device: Option<OwnedDeviceId>,
    ) -> Viewer {
        let (rooms, room, user) = (self.clone(), Arc::clone(room), user.to_owned());
        let (ignored, related, since) = (Arc::default(), None, OnceCell::new());
        Viewer { rooms, room, current, user, device, ignored, related, since }
    }
}

impl Viewer {
    /// The room looked at.
    pub fn room(&self) -> &Arc<Room> {
        &self.room
    }

    /// The room's state as the viewer found it.
    pub fn current(&self) -> &Arc<Current> {
        &self.current
    }

    /// The same person, ignoring these people: what they wrote is not summed up beside what it
    /// relates to, nor found among what relates to an event, nor on a page of the timeline. (The
    /// timelines of a sync are their maker's matter.)
    #[must_use]
    pub fn ignoring(self, people: Arc<HashSet<OwnedUserId>>) -> Self {
        Self { ignored: people, ..self }
    }

    pub(crate) fn rooms(&self) -> &Rooms {
        &self.rooms
    }

    pub(crate) fn user(&self) -> &UserId {
        &self.user
    }

    /// Whether an event was written by somebody whom the person ignores. State is everybody's, and
    /// nobody ignores themselves.
    pub fn ignores(&self, event: &Stored) -> bool {
        event.pdu.state_key().is_none()
            && event.sender() != self.user
            && self.ignored.contains(event.sender())
    }

    /// The people whom the person ignores, themselves apart.
    pub(crate) fn ignored(&self) -> impl Iterator<Item = &OwnedUserId> {
        self.ignored.iter().filter(|ignored| **ignored != self.user)
    }

    /// The event, if this person may see it.
    pub async fn show(&self, event: &Arc<Stored>) -> Result<Option<Shown>, RoomError> {
        let situation = match self.plain_situation(event) {
            Some(situation) => situation,
            None => self.situation_at(event).await?,
        };
        Ok(shown(event, &situation))
    }

    /// The event, if it is about this person's own membership: whom something happens to is told.
    pub fn show_own(&self, event: &Arc<Stored>) -> Option<Shown> {
        let own =
            event.kind() == "m.room.member" && event.pdu.state_key() == Some(self.user.as_str());
        let membership_after = event.pdu.membership();
        let situation = Situation { membership_after, ..Situation::in_the_room() };
        own.then(|| shown(event, &situation)).flatten()
    }

    /// Of many events, those that this person may see.
    pub async fn show_all(&self, events: Vec<Arc<Stored>>) -> Result<Vec<Shown>, RoomError> {
        let mut shown = Vec::with_capacity(events.len());
        for event in &events {
            shown.extend(self.show(event).await?);
        }
        Ok(shown)
    }

    /// A person who was in the room before the event and still is sees it, whatever the setting.
    fn plain_situation(&self, event: &Stored) -> Option<Situation> {
        let member = self.current.get("m.room.member", self.user.as_str())?;
        let in_it = self.current.membership(&self.user) == Membership::Join;
        (in_it && member.ord <= event.ord).then(Situation::in_the_room)
    }

    /// Whether the person sees whatever came after an event: they were in the room then and still
    /// are, or the room has been open to them ever since.
    pub(crate) async fn sees_all_after(&self, event: &Stored) -> Result<bool, RoomError> {
        if self.plain_situation(event).is_some() {
            return Ok(true);
        }
        let setting = self.current.get("m.room.history_visibility", "");
        if let Some(setting) = setting.filter(|setting| setting.ord <= event.ord) {
            match visibility(setting) {
                HistoryVisibility::WorldReadable => return Ok(true),
                HistoryVisibility::Shared
                    if self.current.membership(&self.user) == Membership::Join =>
                {
                    return Ok(true);
                }
                _ => {}
            }
        }
        let since = self.since.get_or_try_init(|| self.came()).await?;
        Ok(since.is_some_and(|since| since <= event.ord))
    }

    /// The event by which the person last came into the room, if they are in it.
    async fn came(&self) -> Result<Option<TimelineOrd>, RoomError> {
        if self.current.membership(&self.user) != Membership::Join {
            return Ok(None);
        }
        let Some(member) = self.current.get("m.room.member", self.user.as_str()) else {
            return Ok(None);
        };
        let mut came = Arc::clone(member);
        for _ in 0..CHANGES {
            let Some(replaced) = came.replaces else { break };
            match self.rooms.events(&[replaced]).await?.pop() {
                Some(before) if before.pdu.membership() == Some(MembershipState::Join) => {
                    came = before;
                }
                _ => break,
            }
        }
        Ok(Some(came.ord))
    }

    /// The event as it would be without its body, for whoever is to see no more of it.
    pub(crate) fn without_body(&self, event: &Stored) -> Result<Arc<Stored>, RoomError> {
        let pdu = rules::redaction::redact(&self.room.rules, &event.pdu);
        let pdu = pdu.map_err(|error| damaged(&error))?;
        let transaction = event.transaction.clone();
        Ok(Arc::new(Stored { pdu, transaction, client: OnceLock::new(), ..*event }))
    }

    /// What the setting and the person's membership were just before and at the event.
    async fn situation_at(&self, event: &Stored) -> Result<Situation, RoomError> {
        let setting = ("m.room.history_visibility".to_owned(), String::new());
        let member = ("m.room.member".to_owned(), self.user.to_string());
        let before = self.state_before(event, &setting).await?;
        let membership_before = self.state_before(event, &member).await?;
        let is = |key: &(String, String)| {
            event.kind() == key.0 && event.pdu.state_key() == Some(key.1.as_str())
        };
        Ok(Situation {
            visibility_before: before
                .map_or(HistoryVisibility::Shared, |stored| visibility(&stored)),
            visibility_after: is(&setting).then(|| visibility(event)),
            membership_before: membership_before.and_then(|stored| stored.pdu.membership()),
            membership_after: is(&member).then(|| event.pdu.membership()).flatten(),
            joined_later: self.was_in_later(event).await?,
        })
    }

    /// Whether the person was in the room at any time after the event.
    async fn was_in_later(&self, event: &Stored) -> Result<bool, RoomError> {
        if self.current.membership(&self.user) == Membership::Join {
            return Ok(true);
        }
        let left = self.rooms.departure(&self.current, &self.user).await?;
        Ok(left.is_some_and(|left| left.ord > event.ord))
    }

    async fn state_before(
        &self,
        event: &Stored,
        key: &(String, String),
    ) -> Result<Option<Arc<Stored>>, RoomError> {
        match self.rooms.state_at(event.state_before, key).await? {
            Some(no) => Ok(self.rooms.events(&[no]).await?.pop()),
            None => Ok(None),
        }
    }
}

impl Shown {
    /// The event.
    pub fn stored(&self) -> &Arc<Stored> {
        self.event.event()
    }
}

/// The setting that an event makes.
fn visibility(setting: &Stored) -> HistoryVisibility {
    let content: Option<Value> = setting.pdu.content_as().ok();
    let text = content.as_ref().and_then(|content| content.get("history_visibility")?.as_str());
    text.map_or(HistoryVisibility::Shared, HistoryVisibility::from)
}

fn shown(event: &Arc<Stored>, situation: &Situation) -> Option<Shown> {
    let at = situation.membership_after.as_ref().or(situation.membership_before.as_ref());
    let membership = at.cloned().unwrap_or(MembershipState::Leave);
    Visible::check(Arc::clone(event), situation).map(|event| Shown { event, membership })
}
