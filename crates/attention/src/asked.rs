//! Asking an event by a person's push rules, in the room as it was when the event came.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use base::number::EventNo;
use js_int::UInt;
use rooms::{Current, Room, Rooms, Stored};
use rules::tree::NodeNo;
use ruma_common::push::{Action, FlattenedJson, PushConditionPowerLevelsCtx, PushConditionRoomCtx};
use ruma_common::serde::Raw;
use ruma_common::{OwnedUserId, UserId};
use ruma_events::room::power_levels::{RoomPowerLevels, RoomPowerLevelsEventContent};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::basis::{Basis, SEALED};
use crate::error::AttentionError;

/// Bytes of the names of an event's parts at most, for its content to be looked at.
const LONGEST_NAMES: usize = 1 << 20;
/// Bytes of a content that cannot have longer ones.
const ALWAYS_PLAIN: usize = 4 << 10;

/// How an event notifies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Notice {
    /// It counts.
    Plain,
    /// It counts, and stands out.
    Highlight,
}

impl Notice {
    /// What actions make of an event; none when it does not notify.
    pub(crate) fn of(actions: &[Action]) -> Option<Self> {
        let notifies = actions.iter().any(Action::should_notify);
        let highlights = actions.iter().any(Action::is_highlight);
        notifies.then_some(if highlights { Self::Highlight } else { Self::Plain })
    }
}

/// Asks the events of one room for one person.
pub(crate) struct Asker<'a> {
    rooms: &'a Rooms,
    current: &'a Current,
    basis: &'a Basis,
    version: &'a Room,
    /// The state that the context is of.
    at: Option<NodeNo>,
    power_levels: Option<EventNo>,
    context: PushConditionRoomCtx,
    /// What the rules say of encrypted events, by sender: they know no more of one than of another.
    sealed: HashMap<OwnedUserId, &'a [Action]>,
}

impl<'a> Asker<'a> {
    pub(crate) fn new(
        rooms: &'a Rooms,
        (room, current): (&'a Room, &'a Current),
        user: &UserId,
        basis: &'a Basis,
    ) -> Self {
        let name = user.localpart().to_owned();
        let joined = UInt::new_saturating(current.joined);
        let context = PushConditionRoomCtx::new(room.id.clone(), joined, user.to_owned(), name);
        let sealed = HashMap::new();
        Self { rooms, current, basis, version: room, at: None, power_levels: None, context, sealed }
    }

    /// What an event does, `joined` being how many were in the room just before it. Nothing at all
    /// is no action.
    pub(crate) async fn actions(
        &mut self,
        event: &Stored,
        joined: u64,
    ) -> Result<&'a [Action], AttentionError> {
        self.move_to(event, joined).await?;
        if self.basis.looks_inside || !is_sealed(event) {
            return Ok(self.ask(event).await);
        }
        if let Some(known) = self.sealed.get(event.sender()) {
            return Ok(known);
        }
        let actions = self.ask(event).await;
        self.sealed.insert(event.sender().to_owned(), actions);
        Ok(actions)
    }

    async fn ask(&self, event: &Stored) -> &'a [Action] {
        let Some(flat) = flatten(event, &self.context) else { return &[] };
        for rule in &*self.basis.rules {
            if rule.applies(&flat, &self.context).await {
                return rule.actions();
            }
        }
        &[]
    }

    /// Brings the context to just before an event.
    async fn move_to(&mut self, event: &Stored, joined: u64) -> Result<(), AttentionError> {
        let joined = UInt::new_saturating(joined);
        if self.basis.counts_members && self.context.member_count != joined {
            self.context.member_count = joined;
            self.sealed.clear();
        }
        let before = event.state_before();
        if before.is_none() || before == self.at {
            return Ok(());
        }
        self.at = before;
        let found = self.state(event, "m.room.power_levels", "").await?;
        if self.context.power_levels.is_none() || found != self.power_levels {
            self.power_levels = found;
            self.context.power_levels = self.read_power_levels().await?;
            self.sealed.clear();
        }
        if self.basis.asks_name {
            self.context.user_display_name = self.name(event).await?;
        }
        Ok(())
    }

    async fn state(
        &self,
        before: &Stored,
        kind: &str,
        key: &str,
    ) -> Result<Option<EventNo>, AttentionError> {
        let key = (kind.to_owned(), key.to_owned());
        Ok(self.rooms.state_at(before.state_before(), &key).await?)
    }

    async fn read(&self, no: Option<EventNo>) -> Result<Option<Arc<Stored>>, AttentionError> {
        let Some(no) = no else { return Ok(None) };
        Ok(self.rooms.events(&[no]).await?.pop())
    }

    async fn name(&self, event: &Stored) -> Result<String, AttentionError> {
        #[derive(Deserialize)]
        struct Profile {
            displayname: Option<String>,
        }
        let user = &self.context.user_id;
        let member = self.state(event, "m.room.member", user.as_str()).await?;
        let member = self.read(member).await?;
        let profile = member.and_then(|member| member.pdu.content_as::<Profile>().ok());
        let name = profile.and_then(|profile| profile.displayname);
        Ok(name.unwrap_or_else(|| user.localpart().to_owned()))
    }

    async fn read_power_levels(
        &self,
    ) -> Result<Option<PushConditionPowerLevelsCtx>, AttentionError> {
        #[derive(Deserialize)]
        struct Create {
            #[serde(default)]
            additional_creators: BTreeSet<OwnedUserId>,
        }
        let content = self.read(self.power_levels).await?;
        let content: Option<RoomPowerLevelsEventContent> =
            content.and_then(|event| event.pdu.content_as().ok());
        let creators = || {
            // The first event of a room never changes.
            let create = self.current.get("m.room.create", "")?;
            let mut creators = create.pdu.content_as::<Create>().ok()?.additional_creators;
            creators.insert(create.sender().to_owned());
            let rules = self.version.version.rules()?.authorization;
            Some((creators, rules))
        };
        let Some((creators, rules)) = creators() else { return Ok(None) };
        Ok(Some(RoomPowerLevels::new(content.into(), &rules, creators).into()))
    }
}

/// Whether an event is encrypted and says nothing else, as a relation would.
fn is_sealed(event: &Stored) -> bool {
    let fields = || serde_json::from_str::<HashMap<&str, &RawValue>>(event.pdu.content().get());
    event.kind() == "m.room.encrypted"
        && fields().is_ok_and(|fields| fields.keys().all(|field| SEALED.contains(field)))
}

/// The parts of an event that rules ask for.
#[derive(Serialize)]
struct Parts<'a> {
    content: &'a RawValue,
    room_id: &'a str,
    sender: &'a str,
    r#type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    state_key: Option<&'a str>,
}

fn flatten(event: &Stored, context: &PushConditionRoomCtx) -> Option<FlattenedJson> {
    let parts = Parts {
        content: plain_enough(event.pdu.content()),
        room_id: context.room_id.as_str(),
        sender: event.sender().as_str(),
        r#type: event.kind(),
        state_key: event.pdu.state_key(),
    };
    let raw = Raw::<serde_json::Value>::from_json_string(serde_json::to_string(&parts).ok()?);
    Some(FlattenedJson::from_raw(&raw.ok()?))
}

/// A content, or an empty one for a content that would take far more than its own size when it is
/// laid flat: each of its parts is then named by all the names that it lies in.
fn plain_enough(content: &RawValue) -> &RawValue {
    let spread = |content| {
        serde_json::from_str(content).map_or(0, |content: serde_json::Value| spread(&content, 0))
    };
    let text = content.get();
    if text.len() > ALWAYS_PLAIN && spread(text) > LONGEST_NAMES {
        return serde_json::from_str("{}").unwrap_or(content);
    }
    content
}

/// Bytes of the names of all parts of a value, which is named by `above` bytes itself.
fn spread(value: &serde_json::Value, above: usize) -> usize {
    match value {
        serde_json::Value::Object(fields) => {
            fields.iter().map(|(name, value)| spread(value, above + 1 + name.len())).sum()
        }
        _ => above,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::*;

    #[test]
    fn a_content_that_would_grow_a_thousandfold_is_not_looked_at() {
        let leaves: Map<String, Value> = (0..3_000).map(|no| (no.to_string(), no.into())).collect();
        let outer = "x".repeat(20_000);
        let bomb = json!({ "body": "alice", outer: leaves }).to_string();
        let wide = json!({ "body": "alice", "x": leaves }).to_string();
        let long = json!({ "body": "x".repeat(60_000) }).to_string();
        assert!(bomb.len() < 65_000);
        let plain = |content: &str| {
            let content = RawValue::from_string(content.to_owned()).unwrap();
            plain_enough(&content).get().to_owned()
        };
        assert_eq!(plain(&bomb), "{}");
        for content in [wide.as_str(), long.as_str(), "{}"] {
            assert_eq!(plain(content), content);
        }
    }
}
