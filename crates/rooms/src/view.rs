//! The sole gate through which an event leaves a room, and the form in which it does.
//!
//! A [`Viewer`] stands for one person looking at one room. It asks the rules of history
//! visibility for each event; what it lets through is a [`Shown`], which nothing else can make.

use std::sync::Arc;

use base::clock::Timestamp;
use base::number::EventNo;
use rules::visibility::{HistoryVisibility, Situation, Visible};
use ruma_common::{EventId, OwnedDeviceId, OwnedUserId, UserId};
use ruma_events::room::member::MembershipState;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::error::RoomError;
use crate::event::{Stored, Transaction, damaged};
use crate::load::Rooms;
use crate::room::{Current, Room};
use crate::tables::Membership;

/// A person, by one device, looking at one room.
pub struct Viewer {
    rooms: Rooms,
    room: Arc<Room>,
    current: Arc<Current>,
    user: OwnedUserId,
    device: Option<OwnedDeviceId>,
}

/// An event that a person may see.
pub struct Shown {
    event: Visible<Arc<Stored>>,
    /// How the person stood to the room at the event, what the event itself made of it included.
    membership: MembershipState,
}

/// What belongs to an event beside itself, for one person.
#[derive(Serialize)]
struct Unsigned<'a> {
    age: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    membership: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    transaction_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    replaces_state: Option<&'a EventId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prev_content: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prev_sender: Option<&'a UserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    redacted_because: Option<&'a RawValue>,
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
        Viewer { rooms, room, current, user, device }
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

    /// What the setting and the person's membership were just before and at the event.
    async fn situation_at(&self, event: &Stored) -> Result<Situation, RoomError> {
        let setting = ("m.room.history_visibility".to_owned(), String::new());
        let member = ("m.room.member".to_owned(), self.user.to_string());
        let before = self.state_before(event, &setting).await?;
        let membership_before = self.state_before(event, &member).await?;
        let is = |key: &(String, String)| {
            event.kind() == key.0 && event.pdu.state_key() == Some(key.1.as_str())
        };
        let visibility = |stored: &Stored| {
            let content: Option<Value> = stored.pdu.content_as().ok();
            let text =
                content.and_then(|c| c.get("history_visibility")?.as_str().map(String::from));
            text.map_or(HistoryVisibility::Shared, |text| HistoryVisibility::from(text.as_str()))
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

    /// The event in the client's form, with what belongs to it alone under `unsigned`.
    pub async fn client_json(&self, shown: &Shown) -> Result<String, RoomError> {
        self.json_of(shown.stored(), Some(&shown.membership)).await
    }

    /// State events in the client's form: those that [`Rooms::state`] and its like gave for this
    /// person, who may see the room's state as a whole.
    pub async fn state_json(&self, state: &[Arc<Stored>]) -> Result<Vec<String>, RoomError> {
        let mut texts = Vec::with_capacity(state.len());
        for event in state {
            texts.push(self.json_of(event, None).await?);
        }
        Ok(texts)
    }

    async fn json_of(
        &self,
        event: &Stored,
        membership: Option<&MembershipState>,
    ) -> Result<String, RoomError> {
        let replaced = self.other(event.replaces).await?;
        let redaction = match self.other(event.redacted_by).await? {
            Some(by) => self.show(&by).await?,
            None => None,
        };
        let because = redaction.map(|by| self.plain_json(by.stored())).transpose()?;
        let own = |id: &&Transaction| {
            event.sender() == self.user && self.device.as_ref() == Some(&id.device)
        };
        let now: Timestamp = self.rooms.0.clock.now();
        let unsigned = Unsigned {
            age: now.0.saturating_sub(event.pdu.origin_server_ts().0),
            membership: membership.map(AsRef::as_ref),
            transaction_id: event.transaction.as_ref().filter(own).map(|id| id.id.as_str()),
            replaces_state: replaced.as_ref().map(|replaced| replaced.id()),
            prev_content: replaced.as_ref().map(|replaced| replaced.pdu.content()),
            prev_sender: replaced.as_ref().map(|replaced| replaced.sender()),
            redacted_because: because
                .as_deref()
                .map(serde_json::from_str)
                .transpose()
                .map_err(|error| damaged(&error))?,
        };
        let unsigned = serde_json::to_string(&unsigned).map_err(|error| damaged(&error))?;
        let plain = self.plain_json(event)?;
        let open = plain.strip_suffix('}').unwrap_or(&plain);
        Ok([open, ",\"unsigned\":", &unsigned, "}"].concat())
    }

    async fn other(&self, no: Option<EventNo>) -> Result<Option<Arc<Stored>>, RoomError> {
        match no {
            Some(no) => Ok(self.rooms.events(&[no]).await?.pop()),
            None => Ok(None),
        }
    }

    /// The event in the client's form without `unsigned`: the same for everybody, made once.
    fn plain_json(&self, event: &Stored) -> Result<Arc<str>, RoomError> {
        if let Some(text) = event.client.get() {
            return Ok(Arc::clone(text));
        }
        let text = rules::format::client_json(&event.pdu, &self.room.id, &self.room.rules);
        let text: Arc<str> = text.map_err(|error| damaged(&error))?.into();
        Ok(Arc::clone(event.client.get_or_init(|| text)))
    }

    /// Events in the client's form.
    pub async fn client_json_all(&self, shown: &[Shown]) -> Result<Vec<String>, RoomError> {
        let mut texts = Vec::with_capacity(shown.len());
        for event in shown {
            texts.push(self.client_json(event).await?);
        }
        Ok(texts)
    }
}

impl Shown {
    /// The event.
    pub fn stored(&self) -> &Arc<Stored> {
        self.event.event()
    }
}

fn shown(event: &Arc<Stored>, situation: &Situation) -> Option<Shown> {
    let at = situation.membership_after.as_ref().or(situation.membership_before.as_ref());
    let membership = at.cloned().unwrap_or(MembershipState::Leave);
    Visible::check(Arc::clone(event), situation).map(|event| Shown { event, membership })
}
