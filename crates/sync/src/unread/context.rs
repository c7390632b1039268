//! Asking an event by a person's push rules.

use std::collections::{BTreeSet, HashMap};

use js_int::UInt;
use rooms::{Current, Room, Stored};
use ruma_common::push::{
    Action, AnyPushRuleRef, FlattenedJson, PushCondition, PushConditionPowerLevelsCtx,
    PushConditionRoomCtx, Ruleset,
};
use ruma_common::serde::Raw;
use ruma_common::{OwnedUserId, UserId};
use ruma_events::room::power_levels::{RoomPowerLevels, RoomPowerLevelsEventContent};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::json::object;

/// Fields of an encrypted event that say nothing of what is in it.
const SEALED: [&str; 5] = ["algorithm", "ciphertext", "device_id", "sender_key", "session_id"];

/// Bytes of the names of an event's parts at most, for its content to be looked at.
const LONGEST_NAMES: usize = 1 << 20;
/// Bytes of a content that cannot have longer ones.
const ALWAYS_PLAIN: usize = 4 << 10;

/// What conditions of push rules ask of a room, for one person.
pub(super) struct Context<'a> {
    rules: &'a Ruleset,
    room: PushConditionRoomCtx,
    /// What the rules say of encrypted events, by sender: they know no more of one than of another.
    sealed: Option<HashMap<OwnedUserId, Option<Notice>>>,
}

/// How an event notifies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notice {
    /// It counts.
    Plain,
    /// It counts, and stands out.
    Highlight,
}

impl<'a> Context<'a> {
    /// A room as it is now: rules are asked as events come.
    pub(super) fn new(
        (room, current): (&Room, &Current),
        user: &UserId,
        rules: &'a Ruleset,
    ) -> Self {
        #[derive(Deserialize)]
        struct Profile {
            displayname: Option<String>,
        }
        let member = current.get("m.room.member", user.as_str());
        let profile = member.and_then(|member| member.pdu.content_as::<Profile>().ok());
        let name = profile.and_then(|profile| profile.displayname);
        let mut context = PushConditionRoomCtx::new(
            room.id.clone(),
            UInt::new_saturating(current.joined),
            user.to_owned(),
            name.unwrap_or_else(|| user.localpart().to_owned()),
        );
        context.power_levels = power_levels(room, current);
        let sealed = (!rules.iter().any(looks_inside)).then(HashMap::new);
        Self { rules, room: context, sealed }
    }

    /// Whether and how an event notifies.
    pub(super) async fn notice(&mut self, event: &Stored) -> Option<Notice> {
        if self.sealed.is_none() || !is_sealed(event) {
            return self.ask(event).await;
        }
        let known = self.sealed.as_ref().and_then(|known| known.get(event.sender()));
        if let Some(known) = known {
            return *known;
        }
        let notice = self.ask(event).await;
        if let Some(known) = &mut self.sealed {
            known.insert(event.sender().to_owned(), notice);
        }
        notice
    }

    async fn ask(&self, event: &Stored) -> Option<Notice> {
        let flat = flatten(event, &self.room)?;
        for rule in self.rules {
            if rule.applies(&flat, &self.room).await {
                let actions = rule.actions();
                let notice = if actions.iter().any(Action::is_highlight) {
                    Notice::Highlight
                } else {
                    Notice::Plain
                };
                return actions.iter().any(Action::should_notify).then_some(notice);
            }
        }
        None
    }
}

/// Whether a rule asks for what tells one encrypted event from another.
fn looks_inside(rule: AnyPushRuleRef<'_>) -> bool {
    let conditions = match rule {
        AnyPushRuleRef::Override(rule) | AnyPushRuleRef::Underride(rule) => &rule.conditions,
        // Of a word in the body, of a room, or of a sender.
        _ => return false,
    };
    conditions.iter().any(|condition| {
        let key = match condition {
            PushCondition::EventMatch(condition) => &condition.key,
            PushCondition::EventPropertyIs(condition) => &condition.key,
            PushCondition::EventPropertyContains(condition) => &condition.key,
            _ => return false,
        };
        let field = key.strip_prefix("content.").and_then(|path| path.split('.').next());
        field.is_some_and(|field| SEALED.contains(&field))
    })
}

/// Whether an event is encrypted and says nothing else, as a relation would.
fn is_sealed(event: &Stored) -> bool {
    let fields = || serde_json::from_str::<HashMap<&str, &RawValue>>(event.pdu.content().get());
    event.kind() == "m.room.encrypted"
        && fields().is_ok_and(|fields| fields.keys().all(|field| SEALED.contains(field)))
}

/// The parts of an event that rules ask for.
fn flatten(event: &Stored, context: &PushConditionRoomCtx) -> Option<FlattenedJson> {
    let mut text = String::with_capacity(512);
    object(&mut text, |fields| {
        fields.json("content", plain_enough(event.pdu.content().get()));
        fields.text("room_id", context.room_id.as_str());
        fields.text("sender", event.sender().as_str());
        fields.text("type", event.kind());
        if let Some(state_key) = event.pdu.state_key() {
            fields.text("state_key", state_key);
        }
    });
    let raw = Raw::<serde_json::Value>::from_json_string(text).ok()?;
    Some(FlattenedJson::from_raw(&raw))
}

/// A content, or an empty one for a content that would take far more than its own size when it is
/// laid flat: each of its parts is then named by all the names that it lies in.
fn plain_enough(content: &str) -> &str {
    let spread = |content| {
        serde_json::from_str(content).map_or(0, |content: serde_json::Value| spread(&content, 0))
    };
    if content.len() > ALWAYS_PLAIN && spread(content) > LONGEST_NAMES { "{}" } else { content }
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

fn power_levels(room: &Room, current: &Current) -> Option<PushConditionPowerLevelsCtx> {
    #[derive(Deserialize)]
    struct Create {
        #[serde(default)]
        additional_creators: BTreeSet<OwnedUserId>,
    }
    let rules = room.version.rules()?.authorization;
    let create = current.get("m.room.create", "")?;
    let mut creators = create.pdu.content_as::<Create>().ok()?.additional_creators;
    creators.insert(create.sender().to_owned());
    let content: Option<RoomPowerLevelsEventContent> = current.content("m.room.power_levels");
    Some(RoomPowerLevels::new(content.into(), &rules, creators).into())
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
        assert_eq!(plain_enough(&bomb), "{}");
        for content in [wide.as_str(), long.as_str(), "{}"] {
            assert_eq!(plain_enough(content), content);
        }
    }
}
